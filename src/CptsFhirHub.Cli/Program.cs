using CptsFhirHub.Cli;

// https://no-color.org: whoever sets the variable to anything wants none.
var refuses = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) || Environment.GetEnvironmentVariable("TERM") == "dumb";
return HubCommand.Run(args, Console.Out, Console.Error, new(!refuses && !Console.IsOutputRedirected, !refuses && !Console.IsErrorRedirected));
