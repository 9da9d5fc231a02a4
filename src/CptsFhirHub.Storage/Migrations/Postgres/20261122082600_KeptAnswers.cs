using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CptsFhirHub.Storage.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class KeptAnswers : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.CreateAnswers);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(HotTables.DropAnswers);
        }
    }
}
