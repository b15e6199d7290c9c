namespace QuantSuite.Evaluation.Statistics;

/// <summary>
/// Python's <c>random.Random(seed)</c> for a non-negative seed: MT19937 (Matsumoto and Nishimura, ACM TOMACS 8, 1998) seeded by its
/// <c>init_by_array</c>. Only where a number must equal one that a Python program drew (lm-evaluation-harness); our own draws come from
/// <see cref="Numerics.SeededRandom"/>.
/// </summary>
public sealed class PythonRandom
{
    private const int Size = 624;
    private const int Shift = 397;

    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    /// <summary>The generator of a seed.</summary>
    public PythonRandom(uint seed)
    {
        _state[0] = 19650218;
        for (uint i = 1; i < Size; i++)
            _state[i] = 1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30)) + i;
        int place = 1;
        for (int k = 0; k < Size; k++, place = Following(place))
            _state[place] = (_state[place] ^ ((_state[place - 1] ^ (_state[place - 1] >> 30)) * 1664525)) + seed;
        for (int k = 0; k < Size - 1; k++, place = Following(place))
            _state[place] = (_state[place] ^ ((_state[place - 1] ^ (_state[place - 1] >> 30)) * 1566083941)) - (uint)place;
        _state[0] = 0x80000000;
    }

    /// <summary><c>random()</c>: uniform in [0, 1) with 53 bits.</summary>
    public double NextDouble()
    {
        uint high = NextUInt32() >> 5, low = NextUInt32() >> 6;
        return (high * 67108864.0 + low) / 9007199254740992.0;
    }

    /// <summary>One draw of <c>choices(range(count))</c>: ⌊random()·count⌋.</summary>
    public int NextChoice(int count) => (int)Math.Floor(NextDouble() * count);

    private uint NextUInt32()
    {
        if (_next == Size)
            Refill();
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    private void Refill()
    {
        for (int i = 0; i < Size; i++)
        {
            uint y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7FFFFFFF);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
        }
        _next = 0;
    }

    // After the last word the first takes its value and the round goes on at the second.
    private int Following(int place)
    {
        if (place + 1 < Size)
            return place + 1;
        _state[0] = _state[Size - 1];
        return 1;
    }
}
