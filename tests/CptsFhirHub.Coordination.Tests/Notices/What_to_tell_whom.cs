using CptsFhirHub.Coordination.Notices;
using CptsFhirHub.Coordination.Signalements;

namespace CptsFhirHub.Coordination.Tests.Notices;

public sealed class What_to_tell_whom
{
    [Theory]
    [InlineData("appui-dac", "requested", "appui-dac-nouveau")]
    [InlineData("appui-dac", "cancelled", "appui-dac-retire")]
    [InlineData("appui-dac", "accepted", null)]
    [InlineData("proposition-medecin", "requested", "proposition-medecin-nouveau")]
    [InlineData("confirmation-annuelle", "requested", null)]
    public void An_owner_hears_of_work_given_or_taken_back(string kind, string status, string? expected) =>
        Assert.Equal(expected, NoticeRules.OnTask(kind, status, "Organization/dac", "Task/t")?.Kind);

    [Fact]
    public void A_task_without_owner_tells_nobody() => Assert.Null(NoticeRules.OnTask("appui-dac", "requested", null, "Task/t"));

    [Theory]
    [InlineData("recu", "a-qualifier", false)]
    [InlineData("a-qualifier", "incomplet", true)]
    [InlineData("en-attente-medecin", "propose", false)]
    [InlineData("propose", "accepte", true)]
    public void A_sender_hears_of_steps_that_concern_a_sender(string from, string to, bool isTold) =>
        Assert.Equal(isTold, NoticeRules.OnFile(from, to, "Organization/ch", "Task/t") is not null);

    [Fact]
    public void No_sender_learns_why_a_file_is_closed() =>
        Assert.All(FileStates.All.Where(state => state.IsClosedWithoutGp), state => Assert.Equal("Clos.", NoticeRules.StatusFor(state.Code)));

    [Fact]
    public void Every_state_has_words_for_its_sender() =>
        Assert.All(FileStates.All, state => Assert.NotEqual("En cours.", NoticeRules.StatusFor(state.Code)));
}
