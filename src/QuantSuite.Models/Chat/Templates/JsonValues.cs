using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QuantSuite.Models.Chat.Templates;

/// <summary>JSON as values of templates.</summary>
internal static class JsonValues
{
    /// <summary>The value of a JSON node; numbers without point or exponent are whole.</summary>
    public static object? From(JsonNode? node) => node is null ? null : From(JsonSerializer.SerializeToElement(node));

    /// <summary>The value of a JSON element.</summary>
    public static object? From(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var dict = new TemplateDict();
                foreach (JsonProperty member in element.EnumerateObject())
                    dict.Set(member.Name, From(member.Value));
                return dict;
            case JsonValueKind.Array:
                return new TemplateList(element.EnumerateArray().Select(From));
            case JsonValueKind.String:
                return Text(element);
            case JsonValueKind.Number:
                string raw = element.GetRawText();
                return raw.AsSpan().IndexOfAny(".eE") < 0 && raw.Length < 1000
                    ? BigInteger.Parse(raw, System.Globalization.CultureInfo.InvariantCulture) : element.GetDouble();
            default:
                return element.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };
        }
    }

    private static string Text(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new TemplateFault("a variable is not well-formed Unicode (a lone surrogate?)");
        }
    }
}
