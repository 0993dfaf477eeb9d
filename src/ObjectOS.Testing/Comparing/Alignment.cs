namespace ObjectOS.Testing.Comparing;

/// <summary>Aligns two lists of lines with the fewest insertions and deletions (E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986).</summary>
public static class Alignment
{
    /// <summary>Returns the lines of both in one list.</summary>
    /// <param name="left">At most some hundred lines: time grows with their number times the number of differences.</param>
    /// <param name="right">The same.</param>
    public static IReadOnlyList<AlignedLine> Of(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        int most = left.Count + right.Count;
        var furthest = new int[(2 * most) + 3];
        var steps = new List<int[]>();
        for (int d = 0; d <= most; d++)
        {
            steps.Add([.. furthest]);
            for (int k = -d; k <= d; k += 2)
            {
                int x = IsDown(furthest, most, k, d) ? furthest[most + k + 2] : furthest[most + k] + 1;
                while (x < left.Count && x - k < right.Count && left[x] == right[x - k])
                {
                    x++;
                }

                furthest[most + k + 1] = x;
                if (x >= left.Count && x - k >= right.Count)
                {
                    return Path(left, right, steps, most);
                }
            }
        }

        return [];
    }

    /// <summary>True if the best path to diagonal <paramref name="k"/> comes from above: a line of the right text was inserted.</summary>
    private static bool IsDown(int[] furthest, int most, int k, int d) => k == -d || (k != d && furthest[most + k] < furthest[most + k + 2]);

    private static List<AlignedLine> Path(IReadOnlyList<string> left, IReadOnlyList<string> right, List<int[]> steps, int most)
    {
        var lines = new List<AlignedLine>();
        int x = left.Count, y = right.Count;
        for (int d = steps.Count - 1; d >= 0; d--)
        {
            int k = x - y;
            bool isDown = IsDown(steps[d], most, k, d);
            int from = isDown ? k + 1 : k - 1;
            int startX = d == 0 ? 0 : steps[d][most + from + 1];
            int startY = d == 0 ? 0 : startX - from;
            int afterX = d == 0 ? 0 : isDown ? startX : startX + 1;
            for (; x > afterX; x--, y--)
            {
                lines.Add(new AlignedLine(AlignedSide.Both, left[x - 1]));
            }

            if (d > 0)
            {
                lines.Add(isDown ? new AlignedLine(AlignedSide.Right, right[startY]) : new AlignedLine(AlignedSide.Left, left[startX]));
                (x, y) = (startX, startY);
            }
        }

        lines.Reverse();
        return lines;
    }
}
