using CptsFhirHub.Coordination.Notices;

namespace CptsFhirHub.Tests.Notices;

/// <summary>Who reported a person is told how far its file is, and never why it was closed.</summary>
public sealed class What_a_reporter_may_know
{
    private static readonly DateTimeOffset Visit = new(2026, 12, 3, 9, 20, 0, TimeSpan.FromHours(1));

    [Theory]
    [InlineData(FeedbackDetail.Care, "premier-rdv", "premier-rdv", "Accepté par un médecin, premier rendez-vous le 03/12/2026.", true)]
    [InlineData(FeedbackDetail.Care, "a-qualifier", "a-qualifier", "Reçu, en cours d'étude par l'équipe de coordination.", false)]
    [InlineData(FeedbackDetail.Status, "premier-rdv", "premier-rdv", "Un médecin a été trouvé, le premier rendez-vous s'organise.", false)]
    [InlineData(FeedbackDetail.Charge, "premier-rdv", "pris-en-charge", "Pris en charge.", false)]
    [InlineData(FeedbackDetail.Charge, "a-confirmer", "recu", "Reçu.", false)]
    [InlineData(FeedbackDetail.Charge, "clos-a-la-demande", "clos", "Clos.", false)]
    [InlineData(FeedbackDetail.Status, "clos-a-la-demande", "clos-a-la-demande", "Clos.", false)]
    [InlineData(FeedbackDetail.Care, "clos-decede", "clos", "Clos.", false)]
    [InlineData(FeedbackDetail.Status, "clos-oppose", "clos", "Clos.", false)]
    public void Each_hears_its_part(FeedbackDetail detail, string state, string code, string words, bool hearsTheVisit) =>
        Assert.Equal(new Feedback(code, words, hearsTheVisit ? Visit : null), Feedback.Of(detail, state, Visit));
}
