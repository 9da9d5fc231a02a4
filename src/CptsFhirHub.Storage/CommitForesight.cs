using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// Asks what a <see cref="CommitRun"/> will ask, so that the questions of all commits of a group travel together. Only questions of which it is
/// known what may change their answer; the run asks the others itself.
/// </summary>
internal readonly struct CommitForesight(Session session, Symbols symbols, string tenant, long tenantNumber)
{
    /// <summary>True when the answers may lead to further questions: then it is worth asking again.</summary>
    public static bool Ask(Session session, Symbols symbols, string tenant, IReadOnlyList<PreparedWrite> writes, OnceOnly? once)
    {
        if (symbols.FindKnown(SymbolKind.Tenant, tenant) is not { } number)
            return false;
        if (once is not null)
        {
            session.RestsOn(KeptAnswerRows.RestsOn(once.Request.Scope));
            KeptAnswerRows.Find(session, number, once.Request.Scope);
        }

        var foresight = new CommitForesight(session, symbols, tenant, number);
        var hasMore = false;
        foreach (var write in writes)
            hasMore |= foresight.Ask(write);
        return hasMore;
    }

    private bool Ask(PreparedWrite prepared)
    {
        switch (prepared.Write)
        {
            case Write.Create { IfNoneExist: { } condition }:
                return AskFound(condition, isContentWanted: true);
            case Write.Create { Id: { } id, HasFreshId: false } create:
                AskNamed(create.Resource.Type, id, isContentWanted: false);
                return false;
            case Write.Update update:
                AskNamed(update.Resource.Type, update.Id, isContentWanted: true);
                return false;
            case Write.UpdateWhere update:
                return AskFound(update.Where, isContentWanted: true);
            case Write.Delete delete:
                AskNamed(delete.Type, delete.Id, isContentWanted: false);
                return false;
            case Write.Expect expect:
                return AskFound(expect.Query, isContentWanted: false);
            case Write.Guard:
                foreach (var key in prepared.Keys)
                    ResourceRows.AskKey(session, symbols, tenantNumber, key);
                return false;
            case Write.Settle settle:
                JournalRows.AskSettle(session, tenantNumber, settle.Outcome.MessageId);
                return false;
            case Write.Receive receive:
                JournalRows.AskReceive(session, symbols, receive.Prepared);
                return false;
            default:
                return false;
        }
    }

    private void AskNamed(string type, string id, bool isContentWanted)
    {
        if (symbols.FindKnown(SymbolKind.Type, type) is not { } typeNumber)
            return;
        session.RestsOn(new(TouchedKind.Named, typeNumber, id));
        if (isContentWanted)
            ResourceRows.FindWithContent(session, tenant, tenantNumber, type, typeNumber, id);
        else
            ResourceRows.Find(session, tenantNumber, typeNumber, id);
    }

    /// <summary>What a condition finds, and then the one resource that it has found.</summary>
    private bool AskFound(SearchQuery query, bool isContentWanted)
    {
        if (CodeOf(query) is not { } code)
            return false;
        session.RestsOn(new(TouchedKind.Code, 0, code));
        if (SqlSearch.FindRows(session, symbols, tenant, query, CommitRun.FoundMax) is not [var rid])
            return true;
        session.RestsOn(new(TouchedKind.Row, rid));
        ResourceRows.TryFind(session, rid);
        if (isContentWanted)
            ResourceRows.AskCurrent(session, rid);
        return true;
    }

    /// <summary>
    /// The code that a condition is about when it is nothing but that: one code in one system, under a parameter whose values stand nowhere else, and
    /// all of whose names have their numbers.
    /// </summary>
    private string? CodeOf(SearchQuery query)
    {
        if (query.Criteria is not [Criterion.Match { Modifier: null, Values: [SearchValue.Token { System.Length: > 0, Code: not null } token] } match])
            return null;
        var parameter = match.Parameter;
        return parameter.Type == SearchParameterType.Token && parameter.Code[0] != '_'
            && WiderParameters.Parts(query.ResourceType, parameter.Code).IsEmpty
            && symbols.FindKnown(SymbolKind.Type, query.ResourceType) is not null
            && symbols.FindKnown(SymbolKind.Parameter, parameter.Code) is not null
            && symbols.FindKnown(SymbolKind.System, token.System) is not null
            ? IndexText.Fit(SearchText.Code(parameter, token.Code))
            : null;
    }
}
