namespace CptsFhirHub.Fhir.Model;

/// <summary>
/// The bare letter under the marks of one that Western Europe seldom writes: of Vietnamese, of transcribed Chinese, Arabic or Sanskrit.
/// </summary>
/// <remarks>The table is ours because the runtime decomposes no letter when globalization is invariant, which it is here.</remarks>
public static class BareLetters
{
    private const string Marked =
        "ơưǎǐǒǔǖǘǚǜǟǡǧǩǫǭǰǵǹǻȁȃȅȇȉȋȍȏȑȓȕȗȟȧȩȫȭȯȱȳḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓ"
        + "ṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ";
    private const string Bare =
        "ouaiouuuuuaagkoojgnaaaeeiioorruuhaeooooyabbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooo"
        + "pprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwyaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy";

    /// <summary>The letter without its marks; itself when it bears none of these.</summary>
    /// <param name="lower">A small letter.</param>
    public static char Of(char lower) => Marked.IndexOf(lower, StringComparison.Ordinal) is >= 0 and var at ? Bare[at] : lower;
}
