using System.Xml.Linq;
using Xunit;

namespace QuantSuite.Tests.Repository;

/// <summary>Which project may know which: a missing arrow forbids something (Evaluation cannot special-case a method, Numerics knows no model).</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["QuantSuite.Numerics"] = [],
        ["QuantSuite.Models"] = ["QuantSuite.Numerics"],
        ["QuantSuite.Quantization"] = ["QuantSuite.Models"],
        ["QuantSuite.Evaluation"] = ["QuantSuite.Models"],
        ["QuantSuite.Cli"] = ["QuantSuite.Evaluation", "QuantSuite.Quantization"],
        ["QuantSuite.Evals"] = ["QuantSuite.Evaluation", "QuantSuite.Quantization"],
        ["QuantSuite.Torch"] = ["QuantSuite.Numerics"],
        ["QuantSuite.Tests"] = ["QuantSuite.Cli", "QuantSuite.Evals"],
        ["QuantSuite.Benchmarks"] = ["QuantSuite.Evaluation", "QuantSuite.Quantization"],
    };

    [Fact]
    public void Projects_reference_exactly_what_the_plan_says()
    {
        foreach (string project in SourceTree.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            var references = XDocument.Load(SourceTree.FullPath(project)).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).Order(StringComparer.Ordinal);
            string name = Path.GetFileNameWithoutExtension(project);
            Assert.True(Allowed.ContainsKey(name), $"{project}: a new project; a project that would forbid nothing is a folder");
            Assert.Equal(Allowed[name], references);
        }
    }

    [Fact]
    public void Package_versions_stand_in_one_place()
    {
        foreach (string project in SourceTree.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)))
            Assert.DoesNotContain(XDocument.Load(SourceTree.FullPath(project)).Descendants("PackageReference"), reference => reference.Attribute("Version") is not null);
    }
}
