; Macros, closures, strings and hash tables: counts the words of a text, then makes garbage until it was collected.

(define-macro (while test . body)
  `(let again () (when ,test ,@body (again))))

(define (split text)
  (define words '())
  (define start 0)
  (define i 0)
  (define (take-word!)
    (if (< start i) (set! words (cons (substring text start i) words))))
  (while (< i (string-length text))
    (when (char=? (string-ref text i) #\space)
      (take-word!)
      (set! start (+ i 1)))
    (set! i (+ i 1)))
  (take-word!)
  (reverse words))

(define counts (make-hash-table))
(for-each (lambda (word) (hash-table-set! counts word (+ 1 (hash-table-ref counts word 0))))
          (split "the cat and the dog and the bird"))

(for-each (lambda (entry) (display (car entry)) (display " ") (display (cdr entry)) (newline))
          (sort (hash-table->list counts)
                (lambda (a b) (or (> (cdr a) (cdr b)) (and (= (cdr a) (cdr b)) (string<? (car a) (car b)))))))

(define (make-counter)
  (let ((n 0)) (lambda () (set! n (+ n 1)) n)))
(define tick (make-counter))
(while (= (heap-collections) 0) (tick) (iota 100))
(display (if (> (tick) 100) "garbage was collected" "too early")) (newline)
