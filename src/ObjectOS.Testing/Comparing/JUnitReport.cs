using System.Globalization;
using System.Xml.Linq;

namespace ObjectOS.Testing.Comparing;

/// <summary>Writes a comparison as JUnit's XML: one test case per scenario and seed; a difference is a failure, an invalid comparison an error.</summary>
public static class JUnitReport
{
    /// <summary>Returns the document.</summary>
    public static string Write(ComparisonReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var cases = report.Scenarios.Select(outcome => Case(report, outcome)).ToArray();
        var suite = new XElement(
            "testsuite", new XAttribute("name", $"{report.Left} to {report.Right}"), new XAttribute("tests", cases.Length),
            new XAttribute("failures", cases.Count(one => one.Element("failure") is not null)), new XAttribute("errors", cases.Count(one => one.Element("error") is not null)), cases);
        return new XDeclaration("1.0", "utf-8", null) + "\n" + new XElement("testsuites", suite) + "\n";
    }

    private static XElement Case(ComparisonReport report, ScenarioOutcome outcome)
    {
        string seed = outcome.Seed is { } value ? string.Create(CultureInfo.InvariantCulture, $" (seed {value})") : "";
        var element = new XElement("testcase", new XAttribute("classname", "objectos.compare"), new XAttribute("name", outcome.Scenario + seed));
        string text = Clean(TextReport.Write(new ComparisonReport(report.Left, report.Right, [outcome])));
        if (outcome.Problem is { } problem)
        {
            element.Add(new XElement("error", new XAttribute("message", Clean(problem)), text));
        }
        else if (outcome.Class is not (DifferenceClass.Same or DifferenceClass.Expected or DifferenceClass.Performance))
        {
            element.Add(new XElement("failure", new XAttribute("message", TextReport.InWords(outcome.Class)), text));
        }
        else
        {
            element.Add(new XElement("system-out", text));
        }

        return element;
    }

    /// <summary>XML 1.0 has no place for most control characters.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => System.Xml.XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '\uFFFD'));
}
