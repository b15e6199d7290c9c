namespace QuantSuite.Evaluation.Sentinels;

/// <summary>A sign of a broken model that no score is needed to see.</summary>
/// <param name="Name"><c>not_finite</c>, <c>empty</c>, <c>repetition</c>, <c>unanswerable</c> or <c>collapse</c>.</param>
/// <param name="Count">Items that show it.</param>
/// <param name="ItemCount">Items of the row.</param>
/// <param name="Fails">Whether the row fails for it, whatever was approved; others warn.</param>
/// <param name="Words">What was seen.</param>
public sealed record Sentinel(string Name, int Count, int ItemCount, bool Fails, string Words);
