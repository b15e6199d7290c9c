using QuantSuite.Models.Tokenization;
using QuantSuite.Models.Tokenization.Patterns;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>The pattern engine against what Oniguruma (Ruby syntax) answers.</summary>
public class TokenizationPatternTests
{
    [Theory]
    [InlineData("a", "banana", "a|a|a")]
    [InlineData("a+?", "aaa", "a|a|a")]
    [InlineData("a+?b", "aab", "aab")]
    [InlineData("a{2}", "aaaaa", "aa|aa")]
    [InlineData("a{2,3}", "aaaaa", "aaa|aa")]
    [InlineData("a{,2}b", "aaab", "aab")]
    [InlineData("(ab){2,}c?", "abababc ab", "abababc")]
    [InlineData("(?:ab|a)b", "ab abb", "ab|abb")]
    [InlineData("(?>ab|a)b", "ab abb", "abb")]
    [InlineData("a++a", "aaa", "")]
    [InlineData("(?:ab)*+a", "ababa", "ababa")]
    [InlineData("x(?=y)", "xy xz", "x")]
    [InlineData("x(?!y)", "xy xz", "x")]
    [InlineData("(?<=a)b", "ab cb", "b")]
    [InlineData("(?<!a)b", "ab cb", "b")]
    [InlineData(@"\s+(?!\S)|\s", "a   b", "  | ")]
    [InlineData("[^a-c]", "abcd-", "d|-")]
    [InlineData("[a-c&&[^b]]+", "abca", "a|ca")]
    [InlineData("[[ab][cd]]+", "xadcbx", "adcb")]
    [InlineData(@"[\w-]+", "a-b c_1", "a-b|c_1")]
    [InlineData(@"[\]\\]", @"a]\", @"]|\")]
    [InlineData(@"\x41\x{1F600}é", "A😀é", "A😀é")]
    [InlineData(".", "a\nb", "a|b")]
    [InlineData("^a", "a\na", "a|a")]
    [InlineData("a$", "a\na", "a|a")]
    [InlineData(@"\Aa|a\z", "aaa", "a|a")]
    [InlineData(@"\bb\w*", "bab bub", "bab|bub")]
    [InlineData(@"\p{^L}|\P{L}", "a1", "1")]
    [InlineData(@"(?i:'S)x", "'sx 'Sx 'ſx 'sX", "'sx|'Sx|'ſx")]
    [InlineData(@"(?i:[k])", "kK\u212A", "k|K|\u212A")]
    public void MatchesAreOnigurumas(string pattern, string text, string expected) => Assert.Equal(expected, string.Join('|', Matches(pattern, text)));

    [Theory]
    [InlineData(@"\p{L}+", "𠀀𠮷", 1)] // astral letters are letters, two units each
    [InlineData(@"\p{N}", "𝟘𝟙", 2)]
    [InlineData(@"\p{L}", "😀", 0)]
    [InlineData("[^a]", "😀", 1)]
    [InlineData(@"\s", "\u0085\u00A0\u1680\u2028\u3000\u001C\u180E\u200B\uFEFF", 5)]
    [InlineData(@"\w", "aé_9²ⓐ\u200D", 6)]
    public void ClassesAreUnicodesOverCodePoints(string pattern, string text, int count) => Assert.Equal(count, Matches(pattern, text).Count);

    [Theory]
    [InlineData(@"(a)\1")]
    [InlineData("[[:alpha:]]")]
    [InlineData(@"\p{Greek}")]
    [InlineData(@"\h")]
    [InlineData("(?<name>a)")]
    [InlineData("(?m:a)")]
    [InlineData("(a*)*")]
    [InlineData("(?<=a+)b")]
    [InlineData("(?i:strasse)")]
    [InlineData("a{1000000}")]
    [InlineData("((((a{100}){100}){100}){100}){100}")]
    public void WhatIsNotImplementedIsRefused(string pattern) => Assert.Throws<UnsupportedTokenizerException>(() => UnicodePattern.Parse(pattern));

    [Theory]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("[b-a]")]
    [InlineData("*")]
    [InlineData(@"\")]
    [InlineData(@"\p{L")]
    [InlineData(@"\u12")]
    [InlineData("a{3,2}")]
    public void WhatIsNoPatternIsRefused(string pattern)
    {
        TokenizerException refusal = Assert.Throws<TokenizerException>(() => UnicodePattern.Parse(pattern));
        Assert.Contains(pattern, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeepNestingIsRefusedAndNoStackOverflow() =>
        Assert.Throws<TokenizerException>(() => UnicodePattern.Parse(new string('(', 100_000)));

    [Fact]
    public void EndlessBacktrackingEndsInAMessage() =>
        Assert.Throws<TokenizerException>(() => Matches("(?:a|aa)+$b", new string('a', 200)));

    [Fact]
    public void ALongRunNeedsNoStack() => Assert.Single(Matches(@"\s+(?!\S)", new string(' ', 1_000_000)));

    private static List<string> Matches(string pattern, string text)
    {
        var matches = new List<Piece>();
        UnicodePattern.Parse(pattern).FindAll(text, matches);
        return matches.Select(match => text[match.Start..match.End]).ToList();
    }
}
