using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Hosting;

/// <summary>What the demo prints once it is ready: addresses, accounts and one command to try.</summary>
internal static class Banner
{
    public static void Print(TextWriter output, string url, IConfiguration configuration)
    {
        var mllp = configuration.GetValue("Hub:Mllp:Port", 2575);
        output.WriteLine($"""

            CptsFhirHub is ready, with a demo territory.

              Console (French)   {url}/
              FHIR               {url}/fhir        (open: {url}/fhir/metadata)
              Intake             {url}/intake/(doctolib, hospital, prado, ...)
              MLLP               {(mllp == 0 ? "off" : $"127.0.0.1:{mllp}")}
              Tokens             {url}/auth/token

              Clients (secret = id)          {string.Join(", ", DemoAccounts.Clients.Select(client => client.Id))}
              People (password = before @)   {string.Join(", ", DemoAccounts.People.Select(account => account.Name))}

            Try it:

              TOKEN=$(curl -s -u demo-dac:demo-dac -d grant_type=client_credentials {url}/auth/token | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
              curl -s -H "Authorization: Bearer $TOKEN" "{url}/fhir/Task?owner=Organization/demo-dac&status=requested&_include=Task:focus&_pretty=true"

            """);
    }
}
