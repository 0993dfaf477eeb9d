// Fibonacci numbers by recursion, and a hash over a table of names; plain ECMAScript 5.
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
var table = {}, hash = 0;
for (var i = 0; i < 150000; i++) {
    var name = "k" + i % 997;
    table[name] = ((table[name] | 0) + i) | 0;
    hash = (hash * 31 + table[name]) | 0;
}
print(fib(25), hash);
