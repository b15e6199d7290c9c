using QuantSuite.Models.Checkpoints;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Experts in gpt-oss' MXFP4 (../shared/goldens/checkpoints/mxfp4-experts): scale bytes 0 and 254 and subnormal results among them.</summary>
public class GptOssExpertsGoldenTests
{
    [SkippableFact]
    public void Experts_are_the_reference_s()
    {
        string folder = Path.Combine(Goldens.Folder("checkpoints"), "mxfp4-experts");
        Skip.IfNot(Directory.Exists(folder), $"not found: {folder}");
        using Checkpoint checkpoint = CheckpointFiles.Open(folder), expected = CheckpointFiles.Open(Path.Combine(folder, "expected.safetensors"));
        foreach (TensorInfo tensor in expected.Tensors.Values)
        {
            var wanted = new float[tensor.ElementCount];
            expected.Read(tensor.Name, wanted);
            for (int expert = 0; expert < tensor.Shape[0]; expert++)
            {
                using QuantizedMatrix codes = GptOssExperts.Read(checkpoint, tensor.Name, expert);
                using Matrix values = codes.ToMatrix();
                Assert.Equal(tensor.RowLength, values.Span.Length);
                for (int i = 0; i < values.Span.Length; i++)
                    ExactFloat.AssertEqual(wanted[expert * tensor.RowLength + i], values.Span[i], $"{tensor.Name} {expert} [{i}]");
            }
        }
    }
}
