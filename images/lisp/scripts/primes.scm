; The sieve of Eratosthenes: how many primes lie below 100000, and their sum.
; There are 9592 (OEIS A006880); they sum to 454396537 (OEIS A046731).

; Element i of the result says whether the odd number 2 i + 1 is composite.
(define (sieve limit)
  (define size (quotient limit 2))
  (define composite (make-vector size #f))
  (let next ((n 3))
    (when (< (* n n) limit)
      (if (not (vector-ref composite (quotient n 2)))
          (do ((i (quotient (* n n) 2) (+ i n)))
              ((>= i size))
            (vector-set! composite i #t)))
      (next (+ n 2))))
  composite)

(define limit 100000)
(define composite (sieve limit))

(let next ((i 1) (count 1) (sum 2))       ; the 2 is counted already
  (cond ((= i (vector-length composite))
         (display count) (display " primes below ") (display limit)
         (display ", their sum is ") (display sum) (newline))
        ((vector-ref composite i) (next (+ i 1) count sum))
        (else (next (+ i 1) (+ count 1) (+ sum i i 1)))))
