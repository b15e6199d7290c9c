using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using QuantSuite.Numerics.Formats;

namespace QuantSuite.Numerics;

/// <summary>Numbers of one byte each, with a table of what the bytes mean: zero points, powers of two (E8M0), small floats (E4M3) over a divisor of the tensor.</summary>
public sealed unsafe class ByteValues : GroupValues
{
    private const int TableLength = 256;

    private readonly NativeBuffer codes;
    private readonly NativeBuffer table;
    private readonly Dictionary<float, byte> codeOf = [];
    private readonly string what;
    private readonly bool areIntegers;

    private ByteValues(int rows, int groupCount, string what, Func<int, float> value, bool areIntegers = false)
        : base(rows, groupCount)
    {
        this.what = what;
        this.areIntegers = areIntegers;
        codes = new NativeBuffer(PaddedCount);
        table = new NativeBuffer(TableLength * sizeof(float));
        for (int code = 0; code < TableLength; code++)
        {
            Table[code] = value(code);
            codeOf.TryAdd(Table[code], (byte)code);
        }
    }

    /// <summary>E8M0 or E4M3; null for integers.</summary>
    public ScaleFormat? Format { get; private init; }

    /// <summary>What numbers of <see cref="ScaleFormat.E4M3"/> are divided by; 1 for others.</summary>
    public float Divisor { get; private init; } = 1;

    /// <inheritdoc/>
    public override long ByteCount => codes.ByteCount + (Divisor == 1 ? 0 : sizeof(float));

    /// <inheritdoc/>
    public override float this[int row, int group]
    {
        get => Table[codes.Pointer[IndexOf(row, group)]];
        set => codes.Pointer[IndexOf(row, group)] = codeOf.TryGetValue(value, out byte code) ? code
            : throw new ArgumentException($"Row {row}, group {group}: one byte holds {what}, got {value}.", nameof(value));
    }

    private float* Table => (float*)table.Pointer;

    /// <summary>Integers 0 … 255: zero points.</summary>
    public static ByteValues Integers(int rows, int groupCount) => new(rows, groupCount, "an integer of 0 to 255", static code => code, areIntegers: true);

    /// <summary>E8M0: 2^(code − 127), 255 for NaN (OCP microscaling 1.0).</summary>
    public static ByteValues PowersOfTwo(int rows, int groupCount) =>
        new(rows, groupCount, "a power of two from 2^−127 to 2^127", static code => code == TableLength - 1 ? float.NaN : MathF.ScaleB(1, code - 127)) { Format = ScaleFormat.E8M0 };

    /// <summary>E4M3 over a divisor of the whole tensor: fl(e4m3(code) / divisor), 127 and 255 for NaN (NVFP4).</summary>
    public static ByteValues SmallFloats(int rows, int groupCount, float divisor)
    {
        float[] values = [.. Minifloat.E4M3.Values()];
        return new(rows, groupCount, $"an E4M3 number divided by {divisor}", code => values[code] / divisor) { Format = ScaleFormat.E4M3, Divisor = divisor };
    }

    /// <summary>Sets the byte of a group of a row.</summary>
    public void SetCode(int row, int group, byte code) => codes.Pointer[IndexOf(row, group)] = code;

    /// <summary>The byte of a group of a row.</summary>
    public byte Code(int row, int group) => codes.Pointer[IndexOf(row, group)];

    /// <inheritdoc/>
    public override void Dispose()
    {
        codes.Dispose();
        table.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override float* Read(int panel, int firstGroup, int count, float* destination)
    {
        byte* source = Locate(panel, firstGroup), end = source + count * Width;
        float* values = Table, next = destination;
        if (areIntegers)
            for (; source < end; source += Width, next += Width)
                Vector512.ConvertToSingle(PanelDecoder.Widen(source)).Store(next);
        else
            for (; source < end; source += Width, next += Width)
                PanelDecoder.Gather(values, PanelDecoder.Widen(source)).Store(next);
        return destination;
    }

    internal override byte* Locate(int panel, int group) => codes.Pointer + FirstOf(panel, group);
}
