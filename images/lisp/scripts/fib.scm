; The 1000th Fibonacci number, all 209 digits of it.

(define (fib n)
  (let next ((n n) (a 0) (b 1))
    (if (= n 0) a (next (- n 1) b (+ a b)))))

(display "fib(1000) = ") (display (fib 1000)) (newline)
