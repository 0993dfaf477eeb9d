using System.Globalization;
using System.Text;
using System.Xml;

namespace ObjectOS.Cli.Conformance;

/// <summary>The verdicts as the XML that CI servers read.</summary>
internal static class JUnitReport
{
    /// <summary>The document's text.</summary>
    public static string Of(string suite, IReadOnlyList<(ConformanceTest Test, Verdict Verdict)> verdicts)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = true }))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteStartElement("testsuite");
            Attribute(xml, "name", suite);
            Attribute(xml, "tests", Number(verdicts.Count));
            Attribute(xml, "failures", Number(verdicts.Count(v => v.Verdict.Kind == VerdictKind.Failed)));
            Attribute(xml, "errors", "0");
            Attribute(xml, "skipped", Number(verdicts.Count(v => v.Verdict.Kind == VerdictKind.Skipped)));
            Attribute(xml, "time", Seconds(verdicts.Sum(v => v.Verdict.Seconds)));
            foreach (var (test, verdict) in verdicts)
            {
                Write(xml, test, verdict);
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{text}\n";
    }

    private static void Write(XmlWriter xml, ConformanceTest test, Verdict verdict)
    {
        int slash = test.Name.LastIndexOf('/');
        xml.WriteStartElement("testcase");
        Attribute(xml, "classname", slash < 0 ? "conformance" : test.Name[..slash]);
        Attribute(xml, "name", test.Name[(slash + 1)..]);
        Attribute(xml, "time", Seconds(verdict.Seconds));
        if (verdict.Kind != VerdictKind.Passed)
        {
            xml.WriteStartElement(verdict.Kind == VerdictKind.Failed ? "failure" : "skipped");
            Attribute(xml, "message", verdict.Reason);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    /// <summary>File names may hold what XML cannot.</summary>
    private static void Attribute(XmlWriter xml, string name, string value) =>
        xml.WriteAttributeString(name, string.Concat(value.EnumerateRunes().Select(rune => rune.Value > 0xffff || XmlConvert.IsXmlChar((char)rune.Value) ? rune.ToString() : "?")));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
