using QuantSuite.Evaluation;
using Xunit;

namespace QuantSuite.Tests.Evaluation;

public class LeakDetectorTests
{
    private const string Planted = "one two three four five six seven eight nine ten eleven twelve thirteen";

    [Theory]
    [InlineData(Planted, true)]
    [InlineData("Question: ONE, two; three-four (five) six seven. Eight nine ten\neleven “twelve” thirteen fourteen", true)]
    [InlineData("two three four five six seven eight nine ten eleven twelve thirteen", false)] // 12 words
    [InlineData("one two three four five six seven eight nine ten eleven thirteen twelve", false)]
    [InlineData("zero one two three four five six SEVEN8 eight nine ten eleven twelve thirteen fourteen fifteen", false)]
    [InlineData("", false)]
    public void Thirteen_words_in_a_row_are_a_leak(string item, bool leaks)
    {
        var detector = new LeakDetector($"Some text before. {Planted}, and some after.");
        Assert.Equal(leaks, detector.FindShared(item) is not null);
    }

    [Fact]
    public void The_shared_words_are_shown_as_they_stand()
    {
        var detector = new LeakDetector(Planted);
        Assert.Equal("One, two three four five six seven eight nine ten eleven twelve THIRTEEN",
            detector.FindShared("Well: One, two three four five six seven eight nine ten eleven twelve THIRTEEN. So?"));
    }

    [Fact]
    public void A_text_of_few_words_has_no_n_grams() => Assert.Null(new LeakDetector("one two three").FindShared("one two three"));
}
