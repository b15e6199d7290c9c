namespace QuantSuite.Numerics.Formats;

/// <summary>Which codes an integer grid uses; formulae at <see cref="IntegerFormat"/>.</summary>
public enum IntegerRange
{
    /// <summary>Symmetric grids leave the most negative code unused; asymmetric ones are widened to hold 0.</summary>
    Standard,

    /// <summary>Symmetric grids use every code, as GPTQ's do.</summary>
    Full,

    /// <summary>Asymmetric grids reach from the smallest value to the largest, whether or not 0 lies between, as AWQ's do.</summary>
    Tight,
}
