using System.Runtime.CompilerServices;

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>
/// The keys under which a store keeps a person beside its numbers: enough to find it after one slip in any trait, few enough for a look-up at
/// each message. Each is a page of the store's own to write, so none is kept that the others stand for: the day with a first name, for a name
/// that is another here; the day with a surname, for a first name that is; both names with the year or with the day, for a date that is; both names
/// with the home, for a record without a date; phone and e-mail, for both names.
/// </summary>
internal static class KeptKeys
{
    private const int FirstNamesMax = 5;

    /// <summary>Letters of a part of a double name that leads to a person by itself.</summary>
    private const int PartMin = 4;

    /// <summary>The keys of a person: a kind and a value.</summary>
    public static List<(string Kind, string Value)> Of(Traits traits)
    {
        List<(string, string)> keys = [];
        foreach (var email in traits.Emails)
            keys.Add(("email", email));
        foreach (var phone in traits.Phones)
            keys.Add(("phone", phone));

        var first = NameForm.Of(traits.FirstNameAsWritten ?? traits.FirstName);
        var birth = NameForm.Of(traits.BirthNameAsWritten ?? traits.BirthName);
        var used = NameForm.Of(traits.UsedNameAsWritten ?? traits.UsedName);
        var born = BirthDay.Of(traits.BirthDate);
        List<string> surnames = [];
        Add(surnames, birth?.Sound);
        Add(surnames, used?.Sound);
        if (born is { } year && first is not null)
            foreach (var surname in surnames)
                keys.Add(("names-year", string.CompareOrdinal(surname, first.Sound) < 0
                    ? Value($"{surname}|{first.Sound}|{year.Year}") : Value($"{first.Sound}|{surname}|{year.Year}")));
        if (born is { IsWhole: true } day)
        {
            // Day and month swapped, or a year mistyped: the names then lead there.
            if (first is not null)
                foreach (var surname in surnames)
                    keys.Add(("names-day", Value($"{surname}|{first.Sound}|{Math.Min(day.Month, day.Day):D2}{Math.Max(day.Month, day.Day):D2}")));
            AddOfDay(keys, Value($"{day.Year:D4}{day.Month:D2}{day.Day:D2}|"), traits, first, surnames, birth, used);
        }

        if (first is not null && surnames.Count > 0 && (traits.Commune ?? traits.City ?? traits.PostalCode) is { } home)
            keys.Add(("names-home", $"{surnames[0]}|{first.Sound}|{home}"));
        return keys;
    }

    // Under the very day, every first name counts, and every part of a double name.
    private static void AddOfDay(
        List<(string, string)> keys, string day, Traits traits, NameForm? first, List<string> surnames, NameForm? birth, NameForm? used)
    {
        List<string> firsts = [];
        Add(firsts, first?.Sound);
        AddParts(firsts, first);
        foreach (var given in traits.FirstNames)
            if (firsts.Count < FirstNamesMax && given != traits.FirstNameAsWritten && NameForm.Of(given) is { } other)
            {
                Add(firsts, other.Sound);
                AddParts(firsts, other);
            }

        AddParts(surnames, birth);
        AddParts(surnames, used);
        foreach (var name in firsts)
            keys.Add(("date-first", day + name));
        foreach (var surname in surnames)
            keys.Add(("date-surname", day + surname));
    }

    private static void AddParts(List<string> sounds, NameForm? name)
    {
        if (name is null || name.Parts.Length < 2)
            return;
        for (var i = 0; i < name.Parts.Length; i++)
            if (name.Parts[i].Length >= PartMin)
                Add(sounds, name.PartSounds[i]);
    }

    private static void Add(List<string> sounds, string? sound)
    {
        if (sound is not null && !sounds.Contains(sound))
            sounds.Add(sound);
    }

    /// <summary>Numbers without a sign are written alike in every culture.</summary>
    private static string Value(ref DefaultInterpolatedStringHandler text) => text.ToStringAndClear();
}
