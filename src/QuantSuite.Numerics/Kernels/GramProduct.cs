using System.Runtime.Intrinsics;
using QuantSuite.Numerics.LinearAlgebra;

namespace QuantSuite.Numerics;

/// <summary>
/// The upper triangle of xᵀx on the tiles of the matrix product, in strips of 48 columns by at most 256 rows. So many tokens as one chain goes over are first laid out twice, as
/// panels and transposed; a strip's products stay in the cache until they are added to the sums.
/// </summary>
internal sealed unsafe class GramProduct : IDisposable
{
    private const int PanelWidth = PanelMatrix.PanelWidth;
    private const int RowBlock = 256;

    private readonly StripMultiplier multiply;
    private readonly Matrix x;
    private readonly SquareMatrix sum;
    private readonly int tokenBlock, stripCount;
    private readonly (int Strip, int FirstRow)[] tasks;
    private readonly NativeBuffer panelBuffer, transposedBuffer;
    private readonly float* panels, transposed;

    public GramProduct(StripMultiplier multiply, Matrix x, SquareMatrix sum, int tokenBlock)
    {
        this.multiply = multiply;
        this.x = x;
        this.sum = sum;
        this.tokenBlock = Math.Min(tokenBlock, x.Rows);
        stripCount = (sum.Size + Strip.Width - 1) / Strip.Width;
        tasks = [.. from strip in Enumerable.Range(0, stripCount) from block in Enumerable.Range(0, (LastRow(strip) + RowBlock - 1) / RowBlock) select (strip, block * RowBlock)];
        long byteCount = (long)stripCount * Strip.Width * this.tokenBlock * sizeof(float);
        panelBuffer = new NativeBuffer(byteCount, zeroed: false);
        transposedBuffer = new NativeBuffer(byteCount, zeroed: false);
        panels = (float*)panelBuffer.Pointer;
        transposed = (float*)transposedBuffer.Pointer;
    }

    /// <summary>Adds all tokens.</summary>
    public void Run(WorkerPool pool)
    {
        for (int first = 0; first < x.Rows; first += tokenBlock)
        {
            int token = first, count = Math.Min(tokenBlock, x.Rows - first);
            pool.Run(stripCount * Strip.Width / PanelWidth, panel => Lay(panel, token, count));
            pool.Run(tasks.Length, task => Add(tasks[task].Strip, tasks[task].FirstRow, count));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        panelBuffer.Dispose();
        transposedBuffer.Dispose();
    }

    private int LastRow(int strip) => Math.Min(sum.Size, (strip + 1) * Strip.Width);

    // The channels past the last are zeros.
    private void Lay(int panel, int token, int count)
    {
        int first = panel * PanelWidth, width = Math.Clamp(x.Columns - first, 0, PanelWidth);
        float* lines = panels + (long)first * count, rows = transposed + (long)first * count;
        for (int t = 0; t < count; t++, lines += PanelWidth)
        {
            float* source = x.Pointer + (long)(token + t) * x.Columns + first;
            if (width == PanelWidth)
                Vector512.Load(source).Store(lines);
            else
                for (int i = 0; i < PanelWidth; i++)
                    lines[i] = i < width ? source[i] : 0;
            for (int i = 0; i < PanelWidth; i++)
                rows[(long)i * count + t] = lines[i];
        }
    }

    private void Add(int strip, int firstRow, int count)
    {
        int rowCount = Math.Min(RowBlock, LastRow(strip) - firstRow), firstColumn = strip * Strip.Width, width = Math.Min(Strip.Width, sum.Size - firstColumn);
        float* products = Scratch.Floats(RowBlock * Strip.Width), panel = panels + (long)firstColumn * count;
        multiply(new Strip
        {
            A = transposed + (long)firstRow * count,
            AStride = count,
            Rows = rowCount,
            B0 = panel,
            B1 = panel + (long)PanelWidth * count,
            B2 = panel + 2L * PanelWidth * count,
            Columns = count,
            C = products,
            CStride = Strip.Width,
        });
        for (int row = 0; row < rowCount; row++)
            AddWidened(products + row * Strip.Width, sum.Pointer + (long)(firstRow + row) * sum.Size + firstColumn, width);
    }

    private static void AddWidened(float* source, double* destination, int count)
    {
        int lanes = Vector512<double>.Count, i = 0;
        for (; i + lanes <= count; i += lanes)
            (Vector512.WidenLower(Vector256.Load(source + i).ToVector512()) + Vector512.Load(destination + i)).Store(destination + i);
        for (; i < count; i++)
            destination[i] += source[i];
    }
}
