using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuantSuite.Models.Chat;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Every conversation and every feature in tokenizers/chat, to the byte; an error must be one, and of a syntax error or raise_exception the message.</summary>
public class ChatTemplateGoldenTests
{
    private const string FolderName = "tokenizers/chat";
    private static readonly string[] SameMessage = ["TemplateError", "TemplateSyntaxError", "TemplateAssertionError", "UndefinedError", "SecurityError"];

    public static TheoryData<string, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string file in (string[])["conversations.json", "features.json"])
                for (int i = 0; File.Exists(PathOf(file)) && i < Goldens.Json(PathOf(file)).GetProperty("cases").GetArrayLength(); i++)
                    data.Add(file, i);
            if (data.Count == 0)
                data.Add("(absent)", 0);
            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void EveryTemplateRendersToTheByte(string file, int index)
    {
        Goldens.Folder(FolderName);
        JsonObject golden = JsonNode.Parse(File.ReadAllBytes(PathOf(file)))!.AsObject();
        JsonObject item = golden["cases"]![index]!.AsObject();
        DateTime clock = DateTime.Parse((string)golden["clock"]!, CultureInfo.InvariantCulture);
        Func<string> render = golden.ContainsKey("templates") ? () => RenderConversation(golden, item, clock)
            : () => ChatTemplate.Parse((string)item["template"]!).Render(golden["variables"]!.AsObject(), clock);

        if (item.ContainsKey("expected"))
        {
            Assert.Equal((string?)item["expected"], render());
            return;
        }
        ChatTemplateException refusal = Assert.Throws<ChatTemplateException>(render);
        if (SameMessage.Contains((string?)item["error"]))
            Assert.Equal((string?)item["message"], refusal.Reason);
        Assert.True(refusal.Line > 0, refusal.Message);
    }

    private static string RenderConversation(JsonObject golden, JsonObject item, DateTime clock)
    {
        JsonObject template = golden["templates"]![(string)item["template"]!]!.AsObject();
        var tokens = new Dictionary<string, string> { ["bos_token"] = (string)template["bos_token"]!, ["eos_token"] = (string)template["eos_token"]! };
        JsonArray? tools = item["tools"] is not null ? golden["tools"]!.AsArray() : null;
        return ChatTemplate.Parse((string)template["template"]!, tokens).Render(
            golden["messages"]![(string)item["messages"]!]!.AsArray(), (bool)item["add_generation_prompt"]!, tools, item["extra"]?.AsObject(), clock);
    }

    private static string PathOf(string file) => Path.Combine(Goldens.Root, FolderName, file);
}
