using System.Text;

namespace ObjectOS.Cli.Tests;

/// <summary>The escape of the console on a terminal.</summary>
public sealed class KeyFilterTests
{
    [Theory]
    [InlineData("plain \u0003\u001a\r", "plain \u0003\u001a\r", "")]
    [InlineData("a\u0001xb", "ab", "Leave")]
    [InlineData("\u0001h\u0001?", "", "Help Help")]
    [InlineData("\u0001\u0001x", "\u0001x", "")]
    [InlineData("\u0001qx", "x", "")]
    public void Keys_Fed_GoToTheGuestOrTheTool(string typed, string sent, string told)
    {
        var guest = new StringBuilder();
        var tool = new List<TerminalEscape>();
        var filter = new KeyFilter(key => guest.Append((char)key), tool.Add);
        foreach (char key in typed)
        {
            filter.Feed([(byte)key]);
        }

        guest.ToString().Should().Be(sent);
        string.Join(' ', tool).Should().Be(told);
    }

    [Fact]
    public async Task KeyStream_Closed_GivesWhatIsThereAndEnds()
    {
        await using var keys = new KeyStream();
        keys.Write((byte)'a');
        keys.Write((byte)'b');
        keys.End();
        var buffer = new byte[8];
        (await keys.ReadAsync(buffer)).Should().Be(2);
        (await keys.ReadAsync(buffer)).Should().Be(0);
    }
}
