using ObjectOS.Events;
using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Versions;

/// <summary>Signals are events of the lane of the thread that they are delivered to.</summary>
public sealed class SignalEventTests
{
    private const string Signals = """
        #include <pthread.h>
        #include <signal.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static void handle(int signal) { (void)signal; }
        int main(int count, char **words) {
            const char *how = count > 1 ? words[1] : "";
            signal(SIGUSR1, handle);
            if (!strcmp(how, "handler"))
                return raise(SIGUSR1);
            if (!strcmp(how, "end"))
                return raise(SIGTERM);
            if (!strcmp(how, "fault"))
                *(volatile int *)8 = 1;
            pid_t child = fork();
            if (child == 0)
                for (;;)
                    pause();
            int status;
            kill(child, SIGSTOP);
            waitpid(child, &status, WUNTRACED);
            kill(child, SIGCONT);
            waitpid(child, &status, WCONTINUED);
            kill(child, SIGUSR1);
            usleep(1000);
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return 0;
        }
        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData("handler", "0/t1", "SIGUSR1 runs its handler")]
    [InlineData("end", "0/t1", "SIGTERM ends the process")]
    [InlineData("fault", "0/t1", "SIGSEGV ends the process")]
    [InlineData("child", "0/t1.1", "SIGSTOP stops the process", "SIGCONT continues the process", "SIGUSR1 runs its handler", "SIGKILL ends the process")]
    public async Task Signal_IsAnEventOfItsThread(string how, string lane, params string[] wanted)
    {
        using var program = await CrossProgram.MakeAsync(Signals, "-O2");
        var scenario = new Scenario { Program = program.Path, Arguments = [how] };
        var run = await new LocalVersion("one").RunAsync(scenario, new SideRequest(Windows: [new EventWindow(lane, 1, 1000)]));
        run.Kept.Select(e => e.Text).Where(text => text.StartsWith("SIG", StringComparison.Ordinal)).Should().Equal(wanted, string.Join('\n', run.Kept.Select(e => e.Text)));
        (await Comparison.RunAsync(new LocalVersion("left"), new LocalVersion("right"), [scenario])).Scenarios[0].Class.Should().Be(DifferenceClass.Same);
    }
}
