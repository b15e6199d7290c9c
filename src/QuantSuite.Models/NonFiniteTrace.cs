using QuantSuite.Numerics;

namespace QuantSuite.Models;

/// <summary>Finds where a model's numbers stop being numbers: every linear is watched while one sequence runs through.</summary>
public static class NonFiniteTrace
{
    /// <summary>The first linear whose inputs are NaN or infinite, and the one before it, in words; null where all is finite to the logits.</summary>
    /// <param name="ids">A sequence that the model takes.</param>
    public static string? Of(DecoderModel model, ReadOnlySpan<int> ids)
    {
        string? before = null, first = null;
        Weight[] watched = [.. model.Linears.Append(model.Architecture.Head).Distinct()];
        Action<Matrix>?[] others = [.. watched.Select(weight => weight.Observer)];
        foreach (Weight weight in watched)
            weight.Observer = x => Watch(weight, x);
        try
        {
            using Matrix logits = model.Logits(ids);
            if (first is null && !IsFinite(logits))
                first = "the logits";
        }
        finally
        {
            for (int i = 0; i < watched.Length; i++)
                watched[i].Observer = others[i];
        }
        return first is null ? null : before is null ? $"{first}, the first there are" : $"{first}, after {before}";

        void Watch(Weight weight, Matrix x)
        {
            if (first is not null)
                return;
            if (IsFinite(x))
                before = weight.Name;
            else
                first = $"the inputs of {weight.Name}";
        }
    }

    private static bool IsFinite(Matrix x)
    {
        foreach (float value in x.Span)
            if (!float.IsFinite(value))
                return false;
        return true;
    }
}
