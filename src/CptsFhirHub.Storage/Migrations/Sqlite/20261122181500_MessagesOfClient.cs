using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CptsFhirHub.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class MessagesOfClient : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.IndexClients);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.DropClients);
        }
    }
}
