using System.Collections;
using System.Reflection;
using QuantSuite.Models;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Quantization;

/// <summary>
/// Bits per weight are counted to the byte: what a storage says it takes is the sum of all memory that hangs on it. Left out are tables of what codes mean, which belong to the format.
/// </summary>
public class HeldBytesTests
{
    // Numbers of a whole tensor, and what they are where there are none.
    private static readonly Dictionary<string, float> TensorNumbers = new() { [nameof(ByteValues.Divisor)] = 1, [nameof(NestedValues.Offset)] = 0 };

    public static TheoryData<string> Recipes => WrittenModelTests.Formats;

    public static TheoryData<string> CalibratedRecipes => WrittenModelTests.Recipes;

    [Theory]
    [MemberData(nameof(Recipes))]
    public void AStorageCountsAllItHolds(string recipe)
    {
        using Kernels kernels = Kernels.Create(2);
        using DecoderModel model = QuantizedMicroWorld.Load(recipe, kernels);
        foreach (Weight weight in model.Linears)
            Assert.Equal(Held(weight.Panels, []), weight.Panels is NestedMatrix store ? store.StoreByteCount : weight.Panels.ByteCount);
    }

    [Theory]
    [Trait("Speed", "Slow")]
    [MemberData(nameof(CalibratedRecipes))]
    public void AMethodsStorageCountsAllItHolds(string recipe) => AStorageCountsAllItHolds(recipe);

    private static long Held(object storage, HashSet<object> seen)
    {
        if (!seen.Add(storage))
            return 0;
        if (storage is NativeBuffer buffer)
            return buffer.ByteCount;
        long bytes = 0;
        foreach (FieldInfo field in Fields(storage.GetType()))
            bytes += field.GetValue(storage) switch
            {
                NativeBuffer when field.Name == "table" => 0,
                NativeBuffer or PanelMatrix or GroupValues or PackedCodes => Held(field.GetValue(storage)!, seen),
                IEnumerable parts and not string when parts.Cast<object>().All(part => part is PanelMatrix or GroupValues) => parts.Cast<object>().Sum(part => Held(part, seen)),
                float number when storage is GroupValues => number == TensorNumbers[field.Name.Split('<', '>')[1]] ? 0 : sizeof(float),
                _ => 0,
            };
        return bytes;
    }

    private static IEnumerable<FieldInfo> Fields(Type? type)
    {
        for (; type is not null && type != typeof(object); type = type.BaseType)
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                yield return field;
    }
}
