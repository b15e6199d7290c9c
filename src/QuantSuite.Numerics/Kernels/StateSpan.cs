namespace QuantSuite.Numerics;

/// <summary>The new tokens of one sequence of a recurrent model: rows [FirstRow, FirstRow + RowCount), which go on from what the sequence's state holds.</summary>
/// <param name="FirstPosition">Position of the first row; at 0 the state begins anew with zeros.</param>
/// <param name="State">The sequence's state (float*), all layers of it.</param>
public readonly record struct StateSpan(int FirstRow, int RowCount, int FirstPosition, nint State);

/// <summary>Sizes of a selective state space layer (Mamba, 2312.00752; Mamba 2, 2405.21060), and where its state begins in a sequence's.</summary>
/// <param name="ChannelCount">Channels.</param>
/// <param name="StateSize">N, states of a channel.</param>
/// <param name="GroupCount">Runs of channels that share B and C; a divisor of the channels.</param>
/// <param name="Offset">Floats before the layer's states, [StateSize][ChannelCount].</param>
public readonly record struct ScanShape(int ChannelCount, int StateSize, int GroupCount, long Offset);
