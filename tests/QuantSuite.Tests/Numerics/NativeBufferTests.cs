using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Numerics;

public sealed unsafe class NativeBufferTests
{
    [Fact]
    public void BuffersOfAllSizesAreZeroedAlignedAndApart()
    {
        var random = new SeededRandom(1);
        var live = new List<NativeBuffer>();
        for (int i = 0; i < 3000; i++)
        {
            if (live.Count > 40)
            {
                int victim = (int)(random.NextDouble() * live.Count);
                Assert.Equal(live[victim].ByteCount % 251, live[victim].Pointer[live[victim].ByteCount - 1]);
                live[victim].Dispose();
                live.RemoveAt(victim);
            }
            var buffer = new NativeBuffer(1 + (long)Math.Pow(2, random.NextDouble() * 23));
            Assert.Equal(0u, (nuint)buffer.Pointer % 64);
            Assert.Equal(-1, new ReadOnlySpan<byte>(buffer.Pointer, (int)buffer.ByteCount).IndexOfAnyExcept((byte)0));
            new Span<byte>(buffer.Pointer, (int)buffer.ByteCount).Fill((byte)(buffer.ByteCount % 251));
            live.Add(buffer);
        }
        live.ForEach(buffer => buffer.Dispose());
    }

    [Fact]
    public void ADisposedBufferHasNoPointer()
    {
        var buffer = new NativeBuffer(10);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)buffer.Pointer);
    }
}
