# Arithmetic, functions, cases and substitutions of the shell; the first argument is how many rounds.
i=0 sum=0 text=
add() { sum=$((sum + $1 * $1 % 17)); }
while [ $i -lt "$1" ]; do
    add $i
    case $((i % 5)) in
        0) text=${text}a ;;
        1|2) text=${text#a} ;;
        *) text=x$text ;;
    esac
    text=${text%%xx*}$i
    [ ${#text} -lt 40 ] || text=
    i=$((i + 1))
done
echo $sum $text
