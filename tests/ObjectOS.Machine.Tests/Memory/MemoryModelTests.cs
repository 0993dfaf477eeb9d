using ObjectOS.Tests;
using Xunit.Abstractions;

namespace ObjectOS.Machine.Tests.Memory;

public sealed class MemoryModelTests(ITestOutputHelper output)
{
    [Fact]
    public void RandomOperations_ComparedWithAPlainModel_AgreeAfterEachStep()
    {
        int seeds = TestScale.Of(60);
        for (int seed = 1; seed <= seeds; seed++)
        {
            int step = 0;
            try
            {
                using var model = new MemoryModel(seed);
                for (; step < 400; step++)
                {
                    model.Step();
                    model.CheckAccounts();
                    if (step % 16 == 0)
                        model.CheckAll();
                }

                model.CheckAll();
            }
            catch
            {
                output.WriteLine($"seed {seed}, step {step}");
                throw;
            }
        }
    }
}
