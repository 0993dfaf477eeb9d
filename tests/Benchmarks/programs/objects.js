// Objects, arrays, strings and a sort; plain ECMAScript 5.
function Point(x, y) { this.x = x; this.y = y; }
Point.prototype.length = function () { return this.x * this.x + this.y * this.y; };
var points = [], sum = 0, text = "";
for (var i = 0; i < 13500; i++) points.push(new Point(i * 7919 % 1009, i * 104729 % 2003));
for (var round = 0; round < 5; round++)
    for (var j = 0; j < points.length; j++) sum = (sum + points[j].length()) % 1000000007;
points.sort(function (a, b) { return a.length() - b.length() || a.x - b.x; });
for (var k = 0; k < 4000; k++) text += points[k].x.toString(36);
print(sum, points[7000].x, points[7000].y, text.length, text.substring(0, 40));
