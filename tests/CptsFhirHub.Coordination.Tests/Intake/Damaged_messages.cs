using System.Text;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Tests;
using FsCheck;
using FsCheck.Fluent;

namespace CptsFhirHub.Coordination.Tests.Intake;

/// <summary>Messages damaged on their way are read as far as they can be, or refused; never another exception.</summary>
public sealed class Damaged_messages
{
    public static TheoryData<string> Examples() =>
        [.. Directory.GetFiles(Repository.File("mappings"), "*.in.*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => Path.GetRelativePath(Repository.File("mappings"), file))];

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_damaged_message_is_read_or_refused(string example)
    {
        var original = File.ReadAllBytes(Repository.File("mappings", example));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue - 1)), seed =>
        {
            var bytes = Mutation.Of(original, seed, "|", "^", "~", "\\", "&", "\r", "\n", ";", "\"", "MSH|", "PID|", "PV1|", "\\X", "{", "[", ",");
            // Every reader must stand every message: a sender may take the wrong door.
            Hl7v2Reader.Read(bytes);
            Shipped.Prado.ReadFile(bytes);
            Shipped.Doctolib.ReadOne(bytes);
            Shipped.Doctolib.ReadFile(bytes);
            return true;
        }));
    }

    [Theory]
    [InlineData("MSH|^~\\&|", "|")]
    [InlineData("MSH|^~\\&|", "^")]
    [InlineData("MSH|^~\\&|", "\\X41\\")]
    [InlineData("MSH|^~\\&|\r", "PID|\r")]
    [InlineData("", ";")]
    [InlineData("", "\"")]
    [InlineData("", "[")]
    [InlineData("", "a;b\n")]
    public void A_message_that_repeats_without_end_is_read_or_refused(string head, string level)
    {
        var bytes = Encoding.UTF8.GetBytes(head + new StringBuilder().Insert(0, level, 100_000));
        Hl7v2Reader.Read(bytes);
        Shipped.Prado.ReadFile(bytes);
        Shipped.Doctolib.ReadOne(bytes);
        Shipped.Doctolib.ReadFile(bytes);
    }
}
