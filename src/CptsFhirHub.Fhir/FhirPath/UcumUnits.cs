using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// The units of UCUM known here, each as its definition in other units. https://ucum.org/ucum#section-Tables-of-Terminal-Symbols
/// </summary>
internal static class UcumUnits
{
    private static readonly FrozenDictionary<string, int> Prefixes = new Dictionary<string, int>
    {
        ["Y"] = 24,
        ["Z"] = 21,
        ["E"] = 18,
        ["P"] = 15,
        ["T"] = 12,
        ["G"] = 9,
        ["M"] = 6,
        ["k"] = 3,
        ["h"] = 2,
        ["da"] = 1,
        ["d"] = -1,
        ["c"] = -2,
        ["m"] = -3,
        ["u"] = -6,
        ["n"] = -9,
        ["p"] = -12,
        ["f"] = -15,
        ["a"] = -18,
        ["z"] = -21,
        ["y"] = -24,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly string[] BaseUnits = ["m", "s", "g", "rad", "K", "C", "cd"];

    // A unit that is a dimension of its own: it compares with itself only.
    private static readonly string[] ArbitraryUnits =
    [
        "[iU]", "[arb'U]", "[USP'U]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]", "[anti'Xa'U]", "[todd'U]", "[dye'U]", "[smgy'U]",
        "[bdsk'U]", "[ka'U]", "[knk'U]", "[mclg'U]", "[tb'U]", "[CCID_50]", "[TCID_50]", "[EID_50]",
        "[PFU]", "[FFU]", "[CFU]", "[IR]",
        "[BAU]", "[AU]", "[Amb'a'1'U]", "[PNU]", "[Lf]", "[D'ag'U]", "[FEU]", "[ELU]", "[EU]", "[hp'_X]", "[hp'_C]", "[hp'_M]", "[hp'_Q]",
    ];

    // Logarithmic and other scales that do not add.
    private static readonly string[] SpecialUnits =
    [
        "[pH]", "B", "Np", "B[SPL]", "B[V]", "B[mV]", "B[uV]", "B[10.nV]", "B[W]", "B[kW]", "bit_s", "[p'diop]", "%[slope]",
        "[hp_X]", "[hp_C]",
        "[m/s2/Hz^0.5]", "[degRe]",
    ];

    // code, metric (takes prefixes), number, unit it is counted in.
    private static readonly FrozenDictionary<string, (bool IsMetric, string Number, string Unit)> Derived =
        new Dictionary<string, (bool, string, string)>
        {
            ["%"] = (false, "1", "10*-2"),
            ["[ppth]"] = (false, "1", "10*-3"),
            ["[ppm]"] = (false, "1", "10*-6"),
            ["[ppb]"] = (false, "1", "10*-9"),
            ["[pptr]"] = (false, "1", "10*-12"),
            ["[pi]"] = (false, "3.1415926535897932384626433", "1"),
            ["mol"] = (true, "6.0221367", "10*23"),
            ["sr"] = (true, "1", "rad2"),
            ["Hz"] = (true, "1", "s-1"),
            ["N"] = (true, "1", "kg.m/s2"),
            ["Pa"] = (true, "1", "N/m2"),
            ["J"] = (true, "1", "N.m"),
            ["W"] = (true, "1", "J/s"),
            ["A"] = (true, "1", "C/s"),
            ["V"] = (true, "1", "J/C"),
            ["F"] = (true, "1", "C/V"),
            ["Ohm"] = (true, "1", "V/A"),
            ["S"] = (true, "1", "Ohm-1"),
            ["Wb"] = (true, "1", "V.s"),
            ["T"] = (true, "1", "Wb/m2"),
            ["H"] = (true, "1", "Wb/A"),
            ["lm"] = (true, "1", "cd.sr"),
            ["lx"] = (true, "1", "lm/m2"),
            ["Bq"] = (true, "1", "s-1"),
            ["Gy"] = (true, "1", "J/kg"),
            ["Sv"] = (true, "1", "J/kg"),
            ["deg"] = (false, "2", "[pi].rad/360"),
            ["gon"] = (false, "9", "deg/10"),
            ["'"] = (false, "1", "deg/60"),
            ["''"] = (false, "1", "'/60"),
            ["l"] = (true, "1", "dm3"),
            ["L"] = (true, "1", "l"),
            ["ar"] = (true, "100", "m2"),
            ["st"] = (true, "1", "m3"),
            ["min"] = (false, "60", "s"),
            ["h"] = (false, "60", "min"),
            ["d"] = (false, "24", "h"),
            ["wk"] = (false, "7", "d"),
            ["a_t"] = (false, "365.24219", "d"),
            ["a_j"] = (false, "365.25", "d"),
            ["a_g"] = (false, "365.2425", "d"),
            ["a"] = (false, "1", "a_j"),
            ["mo_s"] = (false, "29.53059", "d"),
            ["mo_j"] = (false, "1", "a_j/12"),
            ["mo_g"] = (false, "1", "a_g/12"),
            ["mo"] = (false, "1", "mo_j"),
            ["t"] = (true, "1000", "kg"),
            ["bar"] = (true, "100000", "Pa"),
            ["u"] = (true, "1.6605402", "10*-24.g"),
            ["eV"] = (true, "1.60217733", "10*-19.J"),
            ["AU"] = (false, "149597.870691", "Mm"),
            ["pc"] = (true, "3.085678", "10*16.m"),
            ["[c]"] = (true, "299792458", "m/s"),
            ["[g]"] = (true, "9.80665", "m/s2"),
            ["gf"] = (true, "1", "g.[g]"),
            ["[lbf_av]"] = (false, "1", "[lb_av].[g]"),
            ["Ky"] = (true, "1", "cm-1"),
            ["Gal"] = (true, "1", "cm/s2"),
            ["dyn"] = (true, "1", "g.cm/s2"),
            ["erg"] = (true, "1", "dyn.cm"),
            ["P"] = (true, "1", "dyn.s/cm2"),
            ["Bi"] = (true, "10", "A"),
            ["St"] = (true, "1", "cm2/s"),
            ["Ci"] = (true, "3.7", "10*10.Bq"),
            ["R"] = (true, "2.58", "10*-4.C/kg"),
            ["RAD"] = (true, "100", "erg/g"),
            ["REM"] = (true, "1", "RAD"),
            ["[in_i]"] = (false, "2.54", "cm"),
            ["[ft_i]"] = (false, "12", "[in_i]"),
            ["[yd_i]"] = (false, "3", "[ft_i]"),
            ["[mi_i]"] = (false, "5280", "[ft_i]"),
            ["[fth_i]"] = (false, "6", "[ft_i]"),
            ["[nmi_i]"] = (false, "1852", "m"),
            ["[kn_i]"] = (false, "1", "[nmi_i]/h"),
            ["[sin_i]"] = (false, "1", "[in_i]2"),
            ["[sft_i]"] = (false, "1", "[ft_i]2"),
            ["[syd_i]"] = (false, "1", "[yd_i]2"),
            ["[cin_i]"] = (false, "1", "[in_i]3"),
            ["[cft_i]"] = (false, "1", "[ft_i]3"),
            ["[cyd_i]"] = (false, "1", "[yd_i]3"),
            ["[hd_i]"] = (false, "4", "[in_i]"),
            ["[mil_i]"] = (false, "1", "[in_i]/1000"),
            ["[gal_us]"] = (false, "231", "[in_i]3"),
            ["[qt_us]"] = (false, "1", "[gal_us]/4"),
            ["[pt_us]"] = (false, "1", "[qt_us]/2"),
            ["[gil_us]"] = (false, "1", "[pt_us]/4"),
            ["[foz_us]"] = (false, "1", "[gil_us]/4"),
            ["[fdr_us]"] = (false, "1", "[foz_us]/8"),
            ["[min_us]"] = (false, "1", "[fdr_us]/60"),
            ["[tbs_us]"] = (false, "1", "[foz_us]/2"),
            ["[tsp_us]"] = (false, "1", "[tbs_us]/3"),
            ["[cup_us]"] = (false, "16", "[tbs_us]"),
            ["[cup_m]"] = (false, "240", "mL"),
            ["[tsp_m]"] = (false, "5", "mL"),
            ["[tbs_m]"] = (false, "15", "mL"),
            ["[foz_m]"] = (false, "30", "mL"),
            ["[gal_br]"] = (false, "4.54609", "l"),
            ["[pt_br]"] = (false, "1", "[gal_br]/8"),
            ["[gr]"] = (false, "64.79891", "mg"),
            ["[lb_av]"] = (false, "7000", "[gr]"),
            ["[oz_av]"] = (false, "1", "[lb_av]/16"),
            ["[dr_av]"] = (false, "1", "[oz_av]/16"),
            ["[ston_av]"] = (false, "2000", "[lb_av]"),
            ["[stone_av]"] = (false, "14", "[lb_av]"),
            ["[lcwt_av]"] = (false, "112", "[lb_av]"),
            ["[pwt_tr]"] = (false, "24", "[gr]"),
            ["[oz_tr]"] = (false, "20", "[pwt_tr]"),
            ["[lb_tr]"] = (false, "12", "[oz_tr]"),
            ["[sc_ap]"] = (false, "20", "[gr]"),
            ["[dr_ap]"] = (false, "3", "[sc_ap]"),
            ["[oz_ap]"] = (false, "8", "[dr_ap]"),
            ["[lb_ap]"] = (false, "12", "[oz_ap]"),
            ["[car_m]"] = (false, "0.2", "g"),
            ["cal"] = (true, "4.184", "J"),
            ["cal_th"] = (true, "4.184", "J"),
            ["cal_IT"] = (true, "4.1868", "J"),
            ["[Cal]"] = (false, "1", "kcal_th"),
            ["[Btu]"] = (false, "1.05505585262", "kJ"),
            ["[HP]"] = (false, "550", "[ft_i].[lbf_av]/s"),
            ["m[H2O]"] = (true, "9.80665", "kPa"),
            ["m[Hg]"] = (true, "133.322", "kPa"),
            ["[in_i'H2O]"] = (false, "1", "m[H2O].[in_i]/m"),
            ["[in_i'Hg]"] = (false, "1", "m[Hg].[in_i]/m"),
            ["[psi]"] = (false, "1", "[lbf_av]/[in_i]2"),
            ["att"] = (false, "1", "kgf/cm2"),
            ["atm"] = (false, "101325", "Pa"),
            ["[diop]"] = (false, "1", "m-1"),
            ["mho"] = (true, "1", "S"),
            ["kat"] = (true, "1", "mol/s"),
            ["U"] = (true, "1", "umol/min"),
            ["[IU]"] = (true, "1", "[iU]"),
            ["osm"] = (true, "1", "mol"),
            ["eq"] = (true, "1", "mol"),
            ["g%"] = (true, "1", "g/dl"),
            ["[S]"] = (false, "1", "10*-13.s"),
            ["[HPF]"] = (false, "1", "1"),
            ["[LPF]"] = (false, "100", "1"),
            ["[drp]"] = (false, "1", "ml/20"),
            ["[Ch]"] = (false, "1", "mm/3"),
            ["bit"] = (true, "1", "1"),
            ["By"] = (true, "8", "bit"),
            ["Bd"] = (true, "1", "s-1"),
            ["[MET]"] = (false, "3.5", "mL/min/kg"),
            ["[degR]"] = (false, "5", "K/9"),
            ["[hnsf'U]"] = (false, "1", "1"),
            ["tex"] = (true, "1", "g/km"),
            ["[den]"] = (false, "1", "g/9/km"),
            ["b"] = (true, "100", "fm2"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<string, UnitMeaning?> Atoms = new(StringComparer.Ordinal);

    /// <summary>The meaning of one atom, with or without a prefix; null when unknown.</summary>
    public static UnitMeaning? Find(string atom)
    {
        if (Plain(atom) is { } plain)
            return plain.Meaning;
        for (var length = Math.Min(2, atom.Length - 1); length > 0; length--)
        {
            if (Prefixes.TryGetValue(atom[..length], out var exponent) && Plain(atom[length..]) is { IsMetric: true, Meaning: { } meaning })
                return meaning.IsSpecial ? null : meaning with { Exponent = meaning.Exponent + exponent };
        }

        return null;
    }

    private static (UnitMeaning? Meaning, bool IsMetric)? Plain(string atom)
    {
        if (Array.IndexOf(BaseUnits, atom) >= 0)
            return (new(1, 1, 0, atom + "^1"), true);
        if (Array.IndexOf(ArbitraryUnits, atom) >= 0)
            return (new(1, 1, 0, atom + "^1"), atom == "[iU]");
        if (Array.IndexOf(SpecialUnits, atom) >= 0)
            return (new(1, 1, 0, atom + "^1", IsSpecial: true), true);
        switch (atom)
        {
            case "Cel":
                return (new(1, 1, 0, "K^1", Offset: 273.15m, IsSpecial: true), true);
            case "[degF]":
                return (new(5, 9, 0, "K^1", Offset: 459.67m, IsSpecial: true), false);
        }

        if (!Derived.TryGetValue(atom, out var derived))
            return null;
        if (!Atoms.TryGetValue(atom, out var meaning))
        {
            meaning = Ucum.Find(derived.Unit);
            if (meaning is not null)
                meaning = meaning with { Numerator = meaning.Numerator * decimal.Parse(derived.Number, CultureInfo.InvariantCulture) };
            Atoms[atom] = meaning;
        }

        return (meaning, derived.IsMetric);
    }
}
