using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Hosting;

/// <summary>What the demo prints once it is ready: addresses, accounts and a command to try.</summary>
internal static class Banner
{
    public static void Print(TextWriter output, string url, IConfiguration configuration)
    {
        var mllp = configuration.GetValue("Hub:Mllp:Port", 2575);
        var token = "token() { curl -s -u \"$1:$1\" -d grant_type=client_credentials " + url
            + "/auth/token | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/'; }";
        output.WriteLine($"""

            CptsFhirHub is ready, with a demo territory.

              Console (French)   {url}/
              FHIR               {url}/fhir        (open: {url}/fhir/metadata)
              Intake             {url}/intake/(doctolib, hospital, prado, ...)
              MLLP               {(mllp == 0 ? "off" : $"127.0.0.1:{mllp}")}
              Tokens             {url}/auth/token

              Clients (secret = id)          {string.Join(", ", DemoAccounts.Clients.Select(client => client.Id))}
              People (password = before @)   {string.Join(", ", DemoAccounts.People.Select(account => account.Name))}

            Try it: sign somebody up, then see the work that the DAC pulls.

              {token}
              curl -s {url}/intake/doctolib -H "Authorization: Bearer $(token demo-booking)" -H 'Content-Type: application/json' --data-binary @{Example()}
              curl -s -H "Authorization: Bearer $(token demo-dac)" "{url}/fhir/Task?owner=Organization/demo-dac&status=requested&_include=Task:focus&_pretty=true"

            """);
    }

    /// <summary>The sign-up that is shipped: as seen from here, or where the program lies.</summary>
    private static string Example()
    {
        var example = Path.Combine("mappings", "doctolib", "examples", "odette-martineau.in.json");
        return File.Exists(example) ? example : Path.Combine(AppContext.BaseDirectory, example);
    }
}
