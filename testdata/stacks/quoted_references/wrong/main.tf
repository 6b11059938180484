resource "terraform_data" "network" {
  lifecycle {
    ignore_changes = ["*"]
  }
  depends_on = ["not a reference",
    "terraform_data.nowhere",
    1,
  ]
}
