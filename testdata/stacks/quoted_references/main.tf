resource "terraform_data" "network" {
  lifecycle {
    ignore_changes = ["input"]
  }
}

resource "terraform_data" "machine" {
  provider   = "terraform"
  depends_on = ["terraform_data.network"]
}

output "address" {
  value      = 1
  depends_on = ["terraform_data.machine"]
}
