using System.Text;
using Xunit.Abstractions;

namespace ObjectOS.Testing.Xunit;

/// <summary>Shows consoles in the output of a test.</summary>
public static class ConsoleOutputExtensions
{
    /// <summary>Writes each line of the console to the test's output as soon as it is whole. Call it before the guest writes.</summary>
    /// <param name="console">The console.</param>
    /// <param name="output">The test's output.</param>
    /// <returns>The console.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static GuestConsole ShowIn(this GuestConsole console, ITestOutputHelper output)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(output);
        var lines = new LineWriter(output);
        lines.Write(console.Transcript);
        console.Written += lines.Write;
        return console;
    }

    private sealed class LineWriter(ITestOutputHelper output)
    {
        private readonly Lock _lock = new();
        private readonly StringBuilder _line = new();

        public void Write(string piece)
        {
            lock (_lock)
            {
                foreach (char character in piece)
                {
                    if (character != '\n')
                    {
                        _line.Append(character);
                        continue;
                    }

                    Show(_line.ToString().TrimEnd('\r'));
                    _line.Clear();
                }
            }
        }

        private void Show(string line)
        {
            try
            {
                output.WriteLine(line);
            }
            catch (InvalidOperationException)
            {
                // The test has ended, and with it its output.
            }
        }
    }
}
