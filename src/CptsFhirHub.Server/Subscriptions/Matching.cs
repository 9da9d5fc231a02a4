using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// Tells from a resource's own index values whether it meets a search criterion, as a search would. What hangs on other resources
/// (chains, <c>_has</c>) or on rarer rules of comparison is left open: null, and the store is asked.
/// </summary>
/// <remarks>Invariant: true and false here are what the store's search says of the same version.</remarks>
internal static class Matching
{
    private static bool? Open => null;

    /// <summary>Splits criteria that are joined by AND: false when one fails, else those that stay open.</summary>
    public static bool Test(IReadOnlyList<Criterion> criteria, string id, IReadOnlyList<IndexValue> values, List<Criterion> open)
    {
        foreach (var criterion in criteria)
        {
            var met = Meets(criterion, id, values);
            if (met == false)
                return false;
            if (met is null)
                open.Add(criterion);
        }

        return true;
    }

    /// <summary>True, false, or null when it cannot be told from the values alone.</summary>
    public static bool? Meets(Criterion criterion, string id, IReadOnlyList<IndexValue> values) => criterion switch
    {
        Criterion.Never => false,
        Criterion.Any any => AnyOf(any, id, values),
        Criterion.Match match => Meets(match, id, values),
        _ => Open,
    };

    private static bool? AnyOf(Criterion.Any any, string id, IReadOnlyList<IndexValue> values)
    {
        var isOpen = false;
        foreach (var alternative in any.Alternatives)
        {
            bool? all = true;
            foreach (var criterion in alternative)
            {
                var met = Meets(criterion, id, values);
                if (met == true)
                    continue;
                all = met;
                if (met == false)
                    break;
            }

            if (all == true)
                return true;
            isOpen |= all is null;
        }

        return isOpen ? Open : false;
    }

    private static bool? Meets(Criterion.Match match, string id, IReadOnlyList<IndexValue> values)
    {
        var (parameter, modifier, wanted) = (match.Parameter, match.Modifier, match.Values);
        if (parameter.Code == "_lastUpdated")
            return Open;
        if (parameter.Code == "_id")
            return modifier is null ? wanted.Any(value => value is SearchValue.Token token && token.Code == id) : Open;
        if (modifier == "missing")
            return wanted is [SearchValue.Missing missing] ? values.Any(value => value.Parameter.Code == parameter.Code) != missing.IsMissing : Open;

        // Negation turns what is known; what is open stays open.
        if (modifier == "not")
            return !Any(parameter, null, wanted, values);
        return Any(parameter, modifier, wanted, values);
    }

    private static bool? Any(
        SearchParameter parameter, string? modifier, IReadOnlyList<SearchValue> wanted, IReadOnlyList<IndexValue> values)
    {
        var isOpen = false;
        foreach (var value in wanted)
        {
            foreach (var offered in values)
            {
                if (offered.Parameter.Code != parameter.Code)
                    continue;
                var met = Compare(parameter, modifier, value, offered);
                if (met == true)
                    return true;
                isOpen |= met is null;
            }
        }

        return isOpen ? Open : false;
    }

    private static bool? Compare(SearchParameter parameter, string? modifier, SearchValue wanted, IndexValue offered) => (wanted, offered, modifier) switch
    {
        (SearchValue.Token token, IndexValue.Token value, null) => Equal(parameter, token, value),
        (SearchValue.Token token, IndexValue.Token value, "identifier") => Equal(parameter, token, value),
        (SearchValue.Reference, IndexValue.Token, null) => false,
        (SearchValue.Token, IndexValue.Reference, "identifier") => false,
        (SearchValue.Reference reference, IndexValue.Reference value, null) => Equal(reference, value),
        (SearchValue.Text text, IndexValue.String value, null) => StartsWith(value, text),
        (SearchValue.Text text, IndexValue.String value, "exact") => value.Exact == text.Value,
        (SearchValue.Date date, IndexValue.Date value, null) => Within(date, value),
        (SearchValue.Uri uri, IndexValue.Uri value, null) => uri.Value == value.Value,
        _ => Open,
    };

    private static bool? Equal(SearchParameter parameter, SearchValue.Token token, IndexValue.Token value)
    {
        if (token.Code is not null && (value.Code is null || SearchText.Code(parameter, token.Code) != SearchText.Code(parameter, value.Code)))
            return false;

        // A contact's system is the kind of line: searches have a rule of their own for it.
        if (token.System is not null && parameter.Expression.Contains("telecom", StringComparison.Ordinal))
            return Open;
        return token.System switch
        {
            null => true,
            "" => string.IsNullOrEmpty(value.System),
            var system => system == value.System,
        };
    }

    private static bool Equal(SearchValue.Reference wanted, IndexValue.Reference value) =>
        wanted.Url is { } url && value.Url == url
        || wanted.Id is { } id && value.Id == id && value.Type is not null && (wanted.Type is null || wanted.Type == value.Type);

    private static bool StartsWith(IndexValue.String value, SearchValue.Text text)
    {
        var folded = SearchText.Fold(text.Value);
        return folded.Length > 0 && value.Folded.StartsWith(folded, StringComparison.Ordinal);
    }

    private static bool? Within(SearchValue.Date wanted, IndexValue.Date value)
    {
        var (from, to) = (wanted.LowTicks, wanted.HighTicks);
        return wanted.Prefix switch
        {
            Prefix.Eq => value.LowTicks >= from && value.HighTicks <= to,
            Prefix.Gt => value.HighTicks > to,
            Prefix.Lt => value.LowTicks < from,
            Prefix.Ge => value.HighTicks > to || value.LowTicks >= from && value.HighTicks > from,
            Prefix.Le => value.LowTicks < from || value.HighTicks <= to && value.LowTicks < to,
            Prefix.Sa => value.LowTicks >= to,
            Prefix.Eb => value.HighTicks <= from,
            _ => Open,
        };
    }
}
