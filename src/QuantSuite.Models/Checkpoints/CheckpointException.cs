namespace QuantSuite.Models.Checkpoints;

/// <summary>A checkpoint that cannot be used; the message says what, got, expected, remedy.</summary>
public sealed class CheckpointException : Exception
{
    /// <summary>A complaint of no particular kind.</summary>
    public CheckpointException(string message, Exception? inner = null)
        : this(CheckpointFlaw.Other, message, inner)
    {
    }

    /// <summary>A complaint with its kind.</summary>
    public CheckpointException(CheckpointFlaw flaw, string message, Exception? inner = null)
        : base(message, inner) => Flaw = flaw;

    /// <summary>What is wrong, for programs; the message is for people.</summary>
    public CheckpointFlaw Flaw { get; }
}

/// <summary>What can be wrong with a checkpoint.</summary>
public enum CheckpointFlaw
{
    /// <summary>None of the kinds below.</summary>
    Other,

    /// <summary>No such folder or file, or one that cannot be opened.</summary>
    NotFound,

    /// <summary>The file ends before what it announces.</summary>
    Truncated,

    /// <summary>Not a file of this format at all.</summary>
    Magic,

    /// <summary>A version of the format that is not read.</summary>
    Version,

    /// <summary>Written in big-endian byte order.</summary>
    Endian,

    /// <summary>More entries than a file of this size can hold.</summary>
    Count,

    /// <summary>A header length that no file of this size can have, or beyond the format's limit.</summary>
    Length,

    /// <summary>A string that is empty where it must not be, or longer than the file.</summary>
    String,

    /// <summary>Text that is not UTF-8.</summary>
    Utf8,

    /// <summary>JSON that is malformed, too deep, or of another structure.</summary>
    Json,

    /// <summary>A required field that is missing or not of its type.</summary>
    Field,

    /// <summary>Metadata that is missing or not of its type.</summary>
    Metadata,

    /// <summary>A name or key that occurs twice.</summary>
    Duplicate,

    /// <summary>An unknown or unexpected type of a tensor or value.</summary>
    Type,

    /// <summary>Arrays nested too deeply.</summary>
    Nesting,

    /// <summary>A boolean that is neither 0 nor 1.</summary>
    Bool,

    /// <summary>An alignment that is not a power of two.</summary>
    Alignment,

    /// <summary>A shape that is impossible, overflows, or is not what the model needs.</summary>
    Shape,

    /// <summary>A byte count that does not belong to shape and type.</summary>
    Size,

    /// <summary>An offset outside the data, misaligned, or not a number.</summary>
    Offset,

    /// <summary>Two tensors share bytes.</summary>
    Overlap,

    /// <summary>Bytes between tensors that belong to none.</summary>
    Hole,

    /// <summary>Bytes after the last tensor.</summary>
    Trailing,

    /// <summary>A path that leads out of the model's folder.</summary>
    Path,

    /// <summary>A shard that the index names and that is not there.</summary>
    MissingShard,

    /// <summary>A tensor that should be there and is not.</summary>
    MissingTensor,

    /// <summary>A tensor that nobody reads.</summary>
    ExtraTensor,

    /// <summary>The architecture is missing or not supported.</summary>
    Architecture,

    /// <summary>A weight that is NaN or infinite.</summary>
    NotFinite,
}
