variable "network_source" {
  type = string
}
variable "redundant" {
  type = bool
}
resource "tencentcloud_vpc" "main" {
  count      = var.network_source == "exist" ? 0 : 1
  name       = "main"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_subnet" "main" {
  count             = var.network_source == "exist" ? 0 : 1
  vpc_id            = tencentcloud_vpc.main[0].id
  name              = "main"
  cidr_block        = "10.0.1.0/24"
  availability_zone = "ap-guangzhou-3"
}
resource "terraform_data" "second" {
  count = var.redundant && var.network_source != "exist" ? 1 : 0
  input = tencentcloud_subnet.main[0].id
}
resource "terraform_data" "third" {
  count = 0
}
resource "terraform_data" "good" {
  input = {
    a = var.network_source == "exist" ? "none" : tencentcloud_subnet.main.id
    b = var.network_source != "exist" ? tencentcloud_subnet.main[0].id : "none"
    c = (var.network_source == "new") ? "${tencentcloud_subnet.main[0].id}/x" : ""
    d = !(var.network_source == "exist") && var.redundant ? terraform_data.second[0].output : ""
    e = one(tencentcloud_subnet.main[*].id)
    f = try(tencentcloud_subnet.main[0].id, "")
    g = length(tencentcloud_subnet.main)
    h = tencentcloud_subnet.main[*].id
    i = "%{ if var.network_source != "exist" }${tencentcloud_subnet.main[0].id}%{ endif }"
  }
  depends_on = [tencentcloud_subnet.main]
}
resource "terraform_data" "bad" {
  input = {
    SUBNET_ID = tencentcloud_subnet.main.id
    b         = tencentcloud_subnet.main[0].id
    c         = var.network_source == "exist" ? tencentcloud_subnet.main[0].id : ""
    d         = var.redundant ? terraform_data.second[0].output : ""
    e         = "${tencentcloud_vpc.main[0].id}"
    f         = terraform_data.third[0].output
    g         = [for x in [1] : tencentcloud_vpc.main[0].id]
  }
}
