; All ways to put 8 queens on a chessboard so that none attacks another: 92 (OEIS A000170).

; `placed` holds the rows of the queens in the columns to the right, the nearest first.
(define (safe? row placed)
  (let check ((rest placed) (distance 1))
    (or (null? rest)
        (and (not (= (car rest) row))
             (not (= (abs (- (car rest) row)) distance))
             (check (cdr rest) (+ distance 1))))))

(define (solutions size)
  (let place ((column 0) (placed '()))
    (if (= column size)
        (list placed)
        (let try ((row 1) (found '()))
          (cond ((> row size) found)
                ((safe? row placed)
                 (try (+ row 1) (append (place (+ column 1) (cons row placed)) found)))
                (else (try (+ row 1) found)))))))

(define all (sort (solutions 8) (lambda (a b) (< (fold (lambda (x n) (+ x (* 10 n))) 0 a)
                                                 (fold (lambda (x n) (+ x (* 10 n))) 0 b)))))

(display (length all)) (display " ways to place 8 queens, the first is ") (display (car all)) (newline)
