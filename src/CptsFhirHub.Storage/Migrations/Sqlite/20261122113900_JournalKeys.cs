using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CptsFhirHub.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class JournalKeys : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.CreateJournalKeys);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.DropJournalKeys);
        }
    }
}
