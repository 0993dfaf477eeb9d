; An error that the script does not survive: the message names the line, the exit code is 1.

(define (half n)
  (if (even? n)
      (quotient n 2)
      (error "not even:" n)))

(display (half 10)) (newline)
(display (+ 1 (half 7)))
