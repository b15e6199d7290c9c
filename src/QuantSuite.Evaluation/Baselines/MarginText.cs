using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace QuantSuite.Evaluation.Baselines;

/// <summary>
/// The log-likelihood margins of a baseline, in a file beside it (<c>&lt;recipe&gt;#margins.verified.json</c>, Verify's name for a second target): whole
/// numbers of
/// <see cref="Step"/> nats in two bytes, little-endian, 48 items a line in base64, so that a diff shows where a run moved. ±32 nats saturate: the gate
/// cuts at 4.
/// −32768 is an item without a margin. The hash of the bits ties it to its baseline. 1,000 items take less than 3.2 KiB.
/// </summary>
public static class MarginText
{
    /// <summary>Nats between neighbouring stored values.</summary>
    public const double Step = 1.0 / 1024;

    private const int Schema = 1;
    private const int PerLine = 48;
    private const double Largest = short.MaxValue * Step;

    private static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A margin as a baseline holds it; NaN stays.</summary>
    public static double Stored(double margin) => double.IsNaN(margin) ? double.NaN : Math.Round(Math.Clamp(margin, -Largest, Largest) / Step) * Step;

    /// <summary>The bytes of the file.</summary>
    /// <param name="margins">Nats; NaN where an item has none.</param>
    /// <param name="bits">The hash of the bits of the baseline that they belong to.</param>
    public static byte[] Write(IReadOnlyList<double> margins, string bits)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Layout))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", Schema);
            json.WriteString("bits", bits);
            json.WriteNumber("step", Step);
            json.WriteString("unit", "nats");
            json.WriteNumber("itemCount", margins.Count);
            json.WriteStartArray("margins");
            foreach (double[] line in margins.Chunk(PerLine))
                json.WriteStringValue(Convert.ToBase64String([.. line.SelectMany(Bytes)]));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="name">What the bytes are, for messages.</param>
    /// <param name="bits">The hash that the file must state.</param>
    /// <param name="itemCount">The items that it must hold.</param>
    /// <exception cref="InvalidDataException">The bytes are no margins, or another baseline's.</exception>
    public static double[] Read(ReadOnlyMemory<byte> bytes, string name, string bits, int itemCount)
    {
        if (bytes.Span.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return Read(new JsonPart(document.RootElement, "$"), bits, itemCount);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"{name} holds no margins of its baseline: {e.Message} Restore both from version control, or run and accept the row again.", e);
        }
    }

    private static double[] Read(JsonPart root, string bits, int itemCount)
    {
        if (root["schema"].Int32() != Schema)
            throw new FormatException($"its schema is {root["schema"].Int32()}, expected {Schema}.");
        if (root["bits"].Text() != bits)
            throw new FormatException("it belongs to a run of other bits.");
        if (root["step"].Double() is var step && !(step > 0 && step < 1))
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"its step is {step}, expected nats between 0 and 1."));
        byte[] codes = [.. root["margins"].Elements().SelectMany(line => Convert.FromBase64String(line.Text()))];
        if (codes.Length != 2 * itemCount || root["itemCount"].Int32() != itemCount)
            throw new FormatException($"it holds {codes.Length / 2} items, expected {itemCount}.");
        return [.. codes.Chunk(2).Select(pair => BitConverter.ToInt16([pair[0], pair[1]])).Select(code => code == short.MinValue ? double.NaN : code * step)];
    }

    private static byte[] Bytes(double margin)
    {
        short code = double.IsNaN(margin) ? short.MinValue : (short)Math.Round(Stored(margin) / Step);
        return [(byte)code, (byte)(code >> 8)];
    }
}
