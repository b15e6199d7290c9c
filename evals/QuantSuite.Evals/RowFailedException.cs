// xunit puts the type's name in front of every failure message, except for types of its own namespace; a row's message is a report and stands alone.
#pragma warning disable IDE0130
namespace Xunit.Sdk;

/// <summary>A row that does not pass. Its message says it all: where in the suite it was thrown tells a reader nothing.</summary>
public sealed class RowFailedException(string message) : XunitException(message)
{
    /// <inheritdoc/>
    public override string? StackTrace => null;
}
