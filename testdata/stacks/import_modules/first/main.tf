resource "terraform_data" "ids" {
  input = "kept"
}
