namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>Short first names that no common beginning leads to.</summary>
internal static class Diminutives
{
    private static readonly Dictionary<string, string[]> Long = new(StringComparer.Ordinal)
    {
        ["ALI"] = ["ALIX", "ALICE"],
        ["BABETTE"] = ["ELISABETH"],
        ["BETTY"] = ["ELISABETH"],
        ["CATHY"] = ["CATHERINE", "KATHERINE"],
        ["DEDE"] = ["ANDRE"],
        ["DOMI"] = ["DOMINIQUE"],
        ["FANFAN"] = ["FRANCOIS", "FRANCOISE"],
        ["FRANCE"] = ["FRANCOISE"],
        ["GEGE"] = ["GERARD"],
        ["JACKY"] = ["JACQUES", "JACQUELINE"],
        ["JOJO"] = ["JOSEPH", "GEORGES"],
        ["KATIA"] = ["CATHERINE"],
        ["LENA"] = ["HELENE", "MAGDALENA"],
        ["LILI"] = ["LILIANE", "ELISE"],
        ["LISA"] = ["ELISABETH", "ELISA"],
        ["LISE"] = ["ELISE", "ELISABETH"],
        ["LOULOU"] = ["LOUIS", "LOUISE"],
        ["LULU"] = ["LUCIEN", "LUCIENNE", "LUDOVIC"],
        ["MANON"] = ["MARIE"],
        ["MANU"] = ["EMMANUEL", "EMMANUELLE", "MANUEL"],
        ["MARGOT"] = ["MARGUERITE"],
        ["MED"] = ["MOHAMED", "MOHAMMED", "MOUHAMED"],
        ["MIMI"] = ["MICHELINE", "MIREILLE", "MICHELE"],
        ["MOMO"] = ["MOHAMED", "MOHAMMED"],
        ["NANOU"] = ["ANNE", "ANNIE"],
        ["NINA"] = ["ANTONINA", "CHRISTINA"],
        ["SANDRA"] = ["ALEXANDRA"],
        ["SUZY"] = ["SUZANNE"],
        ["TINE"] = ["CHRISTINE", "MARTINE"],
        ["TOINE"] = ["ANTOINE"],
        ["XAV"] = ["XAVIER"],
        ["YANN"] = ["JEAN"],
        ["YVON"] = ["YVES"],
        ["ZABETH"] = ["ELISABETH"],
    };

    public static bool AreSame(string a, string b) =>
        (Long.TryGetValue(a, out var ofA) && ofA.Contains(b)) || (Long.TryGetValue(b, out var ofB) && ofB.Contains(a));
}
