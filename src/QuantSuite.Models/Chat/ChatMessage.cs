namespace QuantSuite.Models.Chat;

/// <summary>A turn of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c>, or what the template knows besides.</param>
/// <param name="Content">The text.</param>
public sealed record ChatMessage(string Role, string Content);
