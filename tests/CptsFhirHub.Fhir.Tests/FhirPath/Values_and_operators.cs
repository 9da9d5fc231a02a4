using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Tests.FhirPath;

public class Values_and_operators
{
    [Theory]
    [InlineData("1 + 2 * 3", "7")]
    [InlineData("(1 + 2) * 3", "9")]
    [InlineData("7 div 2", "3")]
    [InlineData("-7 mod 3", "-1")]
    [InlineData("1 / 0", "")]
    [InlineData("1.50 + 1", "2.50")]
    [InlineData("0.1 + 0.2 = 0.3", "true")]
    [InlineData("2147483647 + 1", "")]
    [InlineData("2147483647L + 1", "2147483648")]
    [InlineData("1 | 1 is Integer", "1, true")]
    [InlineData("'a' & {} & 'b'", "ab")]
    [InlineData("'a' + {}", "")]
    public void Numbers_and_texts_are_computed_with(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Theory]
    [InlineData("true and {}", "")]
    [InlineData("false and {}", "false")]
    [InlineData("true or {}", "true")]
    [InlineData("{} or false", "")]
    [InlineData("{} implies true", "true")]
    [InlineData("false implies {}", "true")]
    [InlineData("true xor {}", "")]
    public void Logic_has_three_values(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Theory]
    [InlineData("@2018-03 = @2018-03-01", "")]
    [InlineData("@2018-03 < @2018-04-01", "true")]
    [InlineData("@2018-03 ~ @2018-03-01", "false")]
    [InlineData("@2026-01-01T00:00:00Z = @2026-01-01T01:00:00+01:00", "true")]
    [InlineData("@2026-01-01T00:00:00Z = @2026-01-01T01:00:00", "")]
    [InlineData("@2026-01-01T00:00:00Z < @2026-01-03T01:00:00", "true")]
    [InlineData("@T10:30 < @T10:30:00", "")]
    [InlineData("birthDate < @1954", "true")]
    [InlineData("birthDate = @1953-07-14", "")]
    [InlineData("today() > birthDate", "true")]
    public void A_date_compares_as_far_as_it_is_known(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Theory]
    [InlineData("@2024-01-31 + 1 month", "2024-02-29")]
    [InlineData("@2024-02-29 - 1 year", "2023-02-28")]
    [InlineData("@2024 + 18 months", "2025")]
    [InlineData("@2026-11-22T10:00+01:00 + 15 hours", "2026-11-23T01:00+01:00")]
    [InlineData("@T23:30 + 45 minutes", "T00:15")]
    [InlineData("@9999-12-31 + 1 day", "")]
    [InlineData("today() + 7 'd'", "2026-11-29")]
    public void A_duration_moves_a_date(string expression, string expected) => Evaluation.Gives(expression, expected.TrimStart('T'));

    [Theory]
    [InlineData("@2024-01-31 + 1 'mo'")]
    [InlineData("@2024-01-31 + 1 'kg'")]
    [InlineData("@2024-01-31 + 7")]
    [InlineData("@T10:00 + 1 day")]
    [InlineData("1 < 'a'")]
    [InlineData("name < 1")]
    [InlineData("(1 | 2) < 3")]
    [InlineData("'a' - 'b'")]
    [InlineData("name.given.length()")]
    [InlineData("1.startsWith('1')")]
    [InlineData("-1.convertsToInteger()")]
    [InlineData("(1 | 2).single()")]
    [InlineData("(1 | 'a').sort()")]
    public void What_has_no_meaning_fails(string expression) => Assert.Equal(FhirPathFault.Evaluation, Evaluation.Fails(expression));

    [Theory]
    [InlineData("4 'g' = 4000 'mg'", "true")]
    [InlineData("1 '[in_i]' = 2.54 'cm'", "true")]
    [InlineData("120 'mm[Hg]' = 15.99864 'kPa'", "true")]
    [InlineData("37 'Cel' = 98.6 '[degF]'", "true")]
    [InlineData("7 days = 1 'wk'", "true")]
    [InlineData("12 months = 1 year", "true")]
    [InlineData("1 year = 1 'a'", "")]
    [InlineData("1 'kg' = 1 'm'", "")]
    [InlineData("1 'kg' < 1 'm'", "")]
    [InlineData("5.5 'mmol/L' > 5 'mmol/L'", "true")]
    [InlineData("2 'm' * 3 'm' = 6 'm2'", "true")]
    [InlineData("3 'm' + 3 'cm'", "303 'cm'")]
    [InlineData("1 'IU' = 1 'IU'", "true")]
    [InlineData("'1 \\'wk\\''.toQuantity('d')", "7 'd'")]
    [InlineData("70 years > 840 months", "false")]
    [InlineData("1 '0.kg' = 1 'g'", "")]
    public void Quantities_meet_in_a_common_unit(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Fact]
    public void Every_unit_of_the_table_leads_to_base_units()
    {
        const string Codes = """
            % [ppth] [ppm] [ppb] [pptr] [pi] mol sr Hz N Pa J W A V F Ohm S Wb T H lm lx Bq Gy Sv deg gon ' '' l L ar st
            min h d wk a_t a_j a_g a mo_s mo_j mo_g mo t bar u eV AU pc [c] [g] gf [lbf_av] Ky Gal dyn erg P Bi St Ci R
            RAD REM [in_i] [ft_i] [yd_i] [mi_i] [fth_i] [nmi_i] [kn_i] [sin_i] [sft_i] [syd_i] [cin_i] [cft_i] [cyd_i]
            [hd_i] [mil_i] [gal_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us] [min_us] [tbs_us] [tsp_us] [cup_us] [cup_m]
            [tsp_m] [tbs_m] [foz_m] [gal_br] [pt_br] [gr] [lb_av] [oz_av] [dr_av] [ston_av] [stone_av] [lcwt_av] [pwt_tr]
            [oz_tr] [lb_tr] [sc_ap] [dr_ap] [oz_ap] [lb_ap] [car_m] cal cal_th cal_IT [Cal] [Btu] [HP] m[H2O] m[Hg]
            [in_i'H2O] [in_i'Hg] [psi] att atm [diop] mho kat U [IU] osm eq g% [S] [HPF] [LPF] [drp] [Ch] bit By Bd [MET]
            [degR] [hnsf'U] tex [den] b
            m s g rad K C cd Cel [degF] [iU] kg mg/dL mmol/L ug/L 10*9/L 10*12/L mm[Hg] cm[H2O] kU/L m[iU]/mL mL/min/{1.73_m2} /[HPF] g/(24.h) % {score}
            """;
        var unknown = Codes.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(code => code.Replace("'", "\\'", StringComparison.Ordinal))
            .Where(code => Evaluation.Of($"(1 '{code}').toQuantity('{code}').exists()") != "true");
        Assert.Equal([], unknown);
    }

    [Theory]
    [InlineData("mgg")]
    [InlineData("kkg")]
    [InlineData("k[lb_av]")]
    [InlineData("mg//dL")]
    [InlineData("(mg")]
    [InlineData("mg)")]
    [InlineData("m^2")]
    [InlineData("comprimé")]
    public void What_is_no_unit_has_no_base_units(string code) =>
        Evaluation.Gives($"(1 '{code}').toQuantity('{code}').exists()", "false");

    [Theory]
    [InlineData("'yes'.toBoolean()", "true")]
    [InlineData("'oui'.toBoolean()", "")]
    [InlineData("'1.0'.toInteger()", "")]
    [InlineData("'1.50'.toDecimal()", "1.50")]
    [InlineData("'2026-02-30'.toDate()", "")]
    [InlineData("'2026-02-28T10'.convertsToDate()", "true")]
    [InlineData("'25:00'.convertsToTime()", "false")]
    [InlineData("deceased.toString()", "2026-01-02T03:04:05+01:00")]
    [InlineData("1 year.toString() & 2 years.toString()", "1 year2 years")]
    public void Values_are_converted_or_left_out(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Theory]
    [InlineData("'INS 153'.matches('\\\\d{3}')", "true")]
    [InlineData("'INS 153'.matchesFull('\\\\d{3}')", "false")]
    [InlineData("'12/2026'.replaceMatches('(\\\\d+)/(\\\\d+)', '$2-$1')", "2026-12")]
    [InlineData("'abc'.replace('', 'x')", "xaxbxcx")]
    [InlineData("'a,b,,c'.split(',').count()", "4")]
    [InlineData("name.given.join('; ')", "Anne; Marie; Annie")]
    [InlineData("'é'.encode('base64').decode('base64')", "é")]
    [InlineData("'<a>'.escape('html').unescape('html')", "<a>")]
    [InlineData("'abc'.substring(3)", "")]
    [InlineData("'abc'.substring(1, 1)", "b")]
    public void Texts_are_cut_and_joined(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Theory]
    [InlineData("(1 | 2 | 3).aggregate($this + $total, 0)", "6")]
    [InlineData("(3 | 1 | 2).sort(-$this)", "3, 2, 1")]
    [InlineData("('b' | 'a').sort($this desc)", "b, a")]
    [InlineData("name.sort(family asc, use desc).use", "usual, official")]
    [InlineData("(1 | 2).combine(2).distinct()", "1, 2")]
    [InlineData("(1 | 2 | 3).exclude(2)", "1, 3")]
    [InlineData("iif(name.empty(), 1 / 'a', 'named')", "named")]
    [InlineData("name.defineVariable('n').given.where(%n.count() = 2).count()", "3")]
    [InlineData("(1 | 2).select(defineVariable('x').select(%x + 1))", "2, 3")]
    [InlineData("defineVariable('x', 1).select(%x) | defineVariable('x', 2).select(%x)", "1, 2")]
    public void Collections_are_gathered_and_folded(string expression, string expected) => Evaluation.Gives(expression, expected);

    [Fact]
    public void The_instant_is_the_one_given()
    {
        Evaluation.Gives("now()", "2026-11-22T10:30:15.250+01:00");
        Evaluation.Gives("today()", "2026-11-22");
        Evaluation.Gives("timeOfDay()", "10:30:15.250");
        Assert.Throws<FhirPathException>(() => Evaluation.Of("now()", new()));
    }

    [Fact]
    public void A_trace_tells_the_number_of_items_and_no_value()
    {
        var told = new List<string>();
        Evaluation.Of("name.trace('names').given.trace('given', length())", new() { Trace = (name, count) => told.Add($"{name} {count}") });
        Assert.Equal(["names 2", "given 3"], told);
    }
}
