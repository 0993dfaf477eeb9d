; The first 200 decimals of pi, by the unbounded spigot of Jeremy Gibbons
; (Unbounded Spigot Algorithms for the Digits of Pi, American Mathematical Monthly 113, 2006).

(define (digits-of-pi count emit)
  (let loop ((q 1) (r 0) (t 1) (k 1) (n 3) (l 3) (left count))
    (when (> left 0)
      (if (< (- (+ (* 4 q) r) t) (* n t))
          (begin
            (emit n)
            (loop (* 10 q)
                  (* 10 (- r (* n t)))
                  t k
                  (- (quotient (* 10 (+ (* 3 q) r)) t) (* 10 n))
                  l
                  (- left 1)))
          (loop (* q k)
                (* (+ (* 2 q) r) l)
                (* t l)
                (+ k 1)
                (quotient (+ (* q (+ (* 7 k) 2)) (* r l)) (* t l))
                (+ l 2)
                left)))))

(define printed 0)

(define (print-digit digit)
  (display digit)
  (if (= printed 0) (display "."))
  (set! printed (+ printed 1)))

(digits-of-pi 201 print-digit)
(newline)
